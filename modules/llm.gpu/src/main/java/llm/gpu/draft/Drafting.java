package llm.gpu.draft;

import java.util.function.Consumer;
import llm.gpu.prefix.TokenSequence;

/**
 * The drafts of one answer.
 *
 * <ol>
 *   <li>{@link #seek} looks up what may come next; a draft model may {@link #propose} something
 *       better. {@link DraftPlanner} says how much of it is tried in the step: {@link #count}.
 *   <li>Once the step is computed, {@link #confirms} takes what is chosen, token by token.
 * </ol>
 *
 * <p>The engine's thread owns it.
 */
public final class Drafting implements AutoCloseable {
  private static final int[] NOTHING = {};

  private final TokenLookup lookup = new TokenLookup();
  private final Confidence confidence; // of this answer
  private final Confidence usual; // of all answers
  private final int[] tokens; // guessed
  private final int[] kinds; // of each, as Confidence has them
  private int found;
  private int foreign; // tokens looked up that are not of the sequence
  private Consumer<Drafting> leaves = _ -> {};
  private boolean byModel; // a draft model was asked for them
  private boolean followed; // it was to read the text, in this step or before
  private boolean gaveUp; // and proposed no more, though more was wanted
  private double likely; // that all of its are right
  private int count; // of them that are tried
  private int confirmed; // of those
  private int predicted; // of those found, from the first on
  private int predictedRight; // in steps before
  private int predictedWrong;

  /**
   * For an answer of which so much may be guessed; nothing where that is off.
   *
   * @param usual how good guesses were for other answers; learns from this one too
   */
  Drafting(Speculation speculation, Confidence usual) {
    this.usual = usual;
    this.confidence = new Confidence(usual);
    this.tokens = speculation.isOn() ? new int[speculation.tokens()] : NOTHING;
    this.kinds = new int[tokens.length];
  }

  /**
   * Looks up {@code predicted} too, as if it had stood behind the end of {@code prompt} before. To
   * be called before anything is looked up.
   */
  void predict(int[] prompt, int[] predicted) {
    if (tokens.length == 0 || predicted.length == 0) {
      return;
    }
    for (int i = Math.max(0, prompt.length - TokenLookup.SHORTEST); i < prompt.length; i++) {
      lookup.add(prompt[i]);
    }
    for (int token : predicted) {
      lookup.add(token);
    }
    foreign = lookup.count();
  }

  /** {@code leaves} is told when its answer has ended. */
  void onClose(Consumer<Drafting> leaves) {
    this.leaves = leaves;
  }

  /** Whether anything may be guessed. */
  boolean isOn() {
    return tokens.length > 0;
  }

  /** Tokens that are tried in the step. */
  public int count() {
    return count;
  }

  /** Token number {@code index} of those. */
  public int token(int index) {
    return tokens[index];
  }

  /** Whether a draft model guessed them. */
  public boolean isByModel() {
    return byModel;
  }

  /** Tries nothing in the next step. */
  void clear() {
    learnEnd();
    predictedRight = predictedRight();
    predictedWrong = predictedWrong();
    predicted = 0;
    count = 0;
    confirmed = 0;
    found = 0;
    byModel = false;
    gaveUp = false;
  }

  /**
   * A draft that was right as far as it went ended for want of a guess: no more would have been.
   */
  private void learnEnd() {
    if (byModel && gaveUp && count == found && confirmed == count) {
      learn(Confidence.OF_MODEL, false);
    }
  }

  /**
   * Takes the token that was chosen behind the guesses that are confirmed, and learns from it:
   * whether it is the next guess, so that the logits computed behind that are the answer's.
   */
  public boolean confirms(int token) {
    if (confirmed == count) {
      return false;
    }
    boolean right = tokens[confirmed] == token;
    learn(kinds[confirmed], right);
    if (byModel) {
      learn(Confidence.OF_MODEL, right);
    }
    confirmed += right ? 1 : 0;
    return right;
  }

  private void learn(int kind, boolean right) {
    confidence.learn(kind, right);
    usual.learn(kind, right);
  }

  /** How many of the tokens tried were chosen so far. */
  public int confirmed() {
    return confirmed;
  }

  /** Predicted tokens that were tried so far and are what was chosen. */
  public int predictedRight() {
    return predictedRight + Math.min(confirmed, predicted);
  }

  /** Those that were tried and are not. */
  public int predictedWrong() {
    int tried = Math.min(count, predicted);
    return predictedWrong + Math.max(0, tried - confirmed);
  }

  /**
   * Looks up what follows a sequence.
   *
   * @param most tokens of interest, 0 or more
   */
  void seek(TokenSequence sequence, int most) {
    clear();
    int wanted = Math.min(most, tokens.length);
    if (wanted == 0) {
      return;
    }
    for (int i = lookup.count() - foreign; i < sequence.count(); i++) {
      lookup.add(sequence.token(i));
    }
    found = lookup.find(wanted, tokens);
    int kind = Confidence.ofMatch(lookup.matched());
    for (int i = 0; i < found; i++) {
      kinds[i] = kind;
    }
    predicted = Math.min(found, lookup.foundBefore(foreign));
  }

  /** A draft model is asked, in place of what was looked up if anything was. */
  void ask() {
    found = 0;
    predicted = 0;
    likely = 1;
    byModel = true;
  }

  /** A draft model begins to read it, or goes on with that. */
  void follow() {
    followed = true;
  }

  /** Whether a draft model was ever to read it: it may have read some of the text. */
  boolean isFollowed() {
    return followed;
  }

  /**
   * The draft model says what it thinks comes next.
   *
   * @param probability that it gives the token
   * @param least how likely a guess has to be, with all before it, to be worth its while
   * @return whether it is one; then the next may be asked for
   */
  boolean propose(int token, double probability, double least) {
    int kind = Confidence.ofProbability(probability);
    double all = likely * confidence.of(kind);
    if (all < least || found == tokens.length) {
      gaveUp = true;
      return false;
    }
    likely = all;
    tokens[found] = token;
    kinds[found++] = kind;
    return true;
  }

  /** The draft model has none that could be tried, though more were wanted. */
  void proposeNone() {
    gaveUp = true;
  }

  /** Tokens that were guessed, 0 or more. */
  int found() {
    return found;
  }

  /** How likely the token number {@code index} of them is right where those before it are. */
  double likelihood(int index) {
    return confidence.of(kinds[index]);
  }

  /** How likely each guess of a draft model is tried and right where those before it are. */
  double likelihoodByModel() {
    return confidence.of(Confidence.OF_MODEL);
  }

  /** How many of the first {@code tokens} that were found are expected to be right. */
  double expected(int tokens) {
    double all = 0;
    double reached = 1;
    for (int i = 0; i < Math.min(tokens, found); i++) {
      reached *= likelihood(i);
      all += reached;
    }
    return all;
  }

  /** Lets {@code more} of the tokens that were found be tried. */
  void plan(int more) {
    count = more;
  }

  /** Its answer waits: a draft model does not follow it meanwhile. Idempotent. */
  public void pause() {
    leaves.accept(this);
  }

  /** Its answer has ended. Idempotent. */
  @Override
  public void close() {
    leaves.accept(this);
  }
}
