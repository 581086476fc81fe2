package llm.gpu.draft;

import llm.gpu.prefix.TokenSequence;

/**
 * The drafts of one answer.
 *
 * <ol>
 *   <li>{@link #seek} guesses what comes next, {@link DraftPlanner} says how much of it is tried in
 *       the step: {@link #count}.
 *   <li>Once the step is computed, {@link #confirms} takes what is chosen, token by token.
 * </ol>
 *
 * <p>The engine's thread owns it.
 */
public final class Drafting {
  private static final int[] NOTHING = {};

  private final TokenLookup lookup = new TokenLookup();
  private final Confidence confidence; // of this answer
  private final Confidence usual; // of all answers
  private final int[] tokens; // guessed
  private int found;
  private int foreign; // tokens looked up that are not of the sequence
  private int matched;
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

  /** Tokens that are tried in the step. */
  public int count() {
    return count;
  }

  /** Token number {@code index} of those. */
  public int token(int index) {
    return tokens[index];
  }

  /** Tries nothing in the next step. */
  void clear() {
    predictedRight = predictedRight();
    predictedWrong = predictedWrong();
    predicted = 0;
    count = 0;
    confirmed = 0;
    found = 0;
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
    confidence.learn(matched, right);
    usual.learn(matched, right);
    confirmed += right ? 1 : 0;
    return right;
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
   * Guesses what follows a sequence.
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
    matched = lookup.matched();
    predicted = Math.min(found, lookup.foundBefore(foreign));
  }

  /** Tokens that were guessed, 0 or more. */
  int found() {
    return found;
  }

  /** How likely each of them is right where those before it are. */
  double confidence() {
    return confidence.of(matched);
  }

  /** How many of the first {@code tokens} that were found are expected to be right. */
  double expected(int tokens) {
    double all = 0;
    double likely = 1;
    for (int i = 0; i < Math.min(tokens, found); i++) {
      likely *= confidence();
      all += likely;
    }
    return all;
  }

  /** Lets {@code more} of the tokens that were found be tried. */
  void plan(int more) {
    count = more;
  }
}
