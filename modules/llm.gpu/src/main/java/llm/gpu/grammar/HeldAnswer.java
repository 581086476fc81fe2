package llm.gpu.grammar;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import llm.core.gbnf.GbnfException;
import llm.core.gbnf.GbnfState;
import llm.core.template.Reasoning;
import llm.core.template.grammar.JsonPlaces;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.Sampler;
import llm.gpu.llama.Sampler.Candidates;

/**
 * One answer held to a grammar. A token is chosen as always, and checked; only one that the grammar
 * does not allow is chosen again, among those it does. Drawn by probability, that comes to the same
 * as a choice among the allowed ones from the beginning.
 *
 * <ul>
 *   <li>Control tokens are never chosen, but for those whose names the grammar may be written with.
 *   <li>A token that ends the answer is chosen only where the grammar may end.
 *   <li>In JSON, no token is chosen that says a name which its object has, or nests too deep.
 *   <li>What the model thinks before its answer is free, but for its end: the answer has to come.
 * </ul>
 *
 * <p>The engine's thread owns it.
 */
public final class HeldAnswer {
  private static final int[] NO_TOKENS = {};
  private static final int MOST_THOUGHTS_REFUSED = 32; // for one token

  /** Steps of the grammar for a whole answer, so that no answer keeps others waiting for long. */
  static final long MOST_WORK = 10_000_000;

  private final Hold hold;
  private final TokenMasks masks;
  private final ModelTokens tokens;
  private final Candidates candidates;
  private final GrammarMetrics metrics;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream(); // of the answer
  private final Optional<JsonNames> names; // of what is said, where it is JSON
  private GbnfState state; // behind what is said
  private Optional<ThoughtScan> thought = Optional.empty(); // while the model reasons
  private Reasoning mayThink = Reasoning.NONE; // as long as nothing is said
  private boolean hasThought;
  private int begunBytes; // of what is said: those that the request began it with
  private long work; // steps of the grammar so far

  HeldAnswer(
      Hold hold,
      TokenMasks masks,
      ModelTokens tokens,
      Candidates candidates,
      GrammarMetrics metrics) {
    this.hold = hold;
    this.masks = masks;
    this.tokens = tokens;
    this.candidates = candidates;
    this.metrics = metrics;
    JsonPlaces json = hold.asked().json();
    boolean hasNone = json instanceof JsonPlaces.Nowhere;
    this.names = hasNone ? Optional.empty() : Optional.of(new JsonNames(json));
  }

  /** Puts it before its first token. */
  HeldAnswer begin(Reasoning reasoning, ChatRequest request) throws LlmException {
    try {
      state = masks.start();
      if (!reasoning.equals(Reasoning.NONE)) {
        masks.startBehindSpace();
        names.filter(_ -> masks.skipsSpace()).ifPresent(JsonNames::skipSpace);
      }
      if (reasoning.begun()) {
        thought = Optional.of(ThoughtScan.of(reasoning.end()));
      } else {
        mayThink = reasoning;
      }
      if (request.form().continues()) {
        byte[] begun = request.messages().getLast().text().getBytes(StandardCharsets.UTF_8);
        if (!goesOn(state, begun)) {
          throw new LlmException(
              LlmError.InvalidRequest.at(
                  "messages[" + (request.messages().size() - 1) + "].content",
                  "The answer that it begins is no beginning of what "
                      + hold.asked().parameter()
                      + " asks for; begin it otherwise, or leave it out."));
        }
        say(begun);
        begunBytes = begun.length;
      }
      return this;
    } catch (GbnfException unusable) {
      throw hold.refusal(unusable);
    }
  }

  /**
   * The next token, chosen and allowed.
   *
   * @param logits [vocabulary] floats
   * @throws LlamaException when the model computed numbers that are none
   * @throws LlmException when the grammar is too ambiguous, or no token of the model goes on with
   *     it
   */
  public int choose(Sampler sampler, MemorySegment logits) throws LlamaException, LlmException {
    GbnfState from = state;
    long before = from.work();
    try {
      candidates.takeAll(logits);
      int token = sampler.select(candidates);
      if (allows(token)) {
        metrics.first();
      } else {
        metrics.second();
        token = thought.isPresent() ? otherThought(sampler, logits, token) : other(sampler, logits);
      }
      sampler.accept(token);
      worked(from.work() - before);
      return token;
    } catch (GbnfException unusable) {
      throw hold.refusal(unusable);
    }
  }

  /**
   * The token was chosen, and does not end the generation.
   *
   * @throws LlmException when the grammar is too ambiguous for it
   */
  public void take(int token) throws LlmException {
    GbnfState from = state;
    long before = from.work();
    try {
      if (thought.isPresent()) {
        think(thought.get().with(seen(token)));
      } else if (beginsThought(token)) {
        thought = Optional.of(ThoughtScan.of(mayThink.end()));
      } else {
        say(masks.text(token));
      }
      mayThink = Reasoning.NONE;
      worked(from.work() - before);
    } catch (GbnfException unusable) {
      throw hold.refusal(unusable);
    }
  }

  /** Whether the answer is complete, and nothing can follow. */
  public boolean isOver() {
    return thought.isEmpty() && state.mustEnd();
  }

  /** Whether what the model says now is its answer, and no reasoning before it. */
  public boolean isAnswering() {
    return thought.isEmpty() && mayThink == Reasoning.NONE;
  }

  /** What the model said of the answer so far, behind its reasoning; a character may be cut. */
  public byte[] said() {
    byte[] all = said.toByteArray();
    return Arrays.copyOfRange(all, begunBytes, all.length);
  }

  /**
   * Whether white space before the answer is none of it: behind reasoning, where the grammar does
   * not begin with white space itself.
   */
  public boolean skipsSpace() {
    return hasThought && masks.skipsSpace();
  }

  /**
   * The answer so far, to be looked at once more by another thread.
   *
   * @param kept how many characters of what the model {@link #said} are delivered
   */
  public HeldText delivered(int kept) {
    byte[] all = said.toByteArray();
    return new HeldText(hold, all, begunBytes, kept, thought.isPresent(), skipsSpace());
  }

  private void worked(long steps) throws GbnfException {
    work += steps;
    if (work > MOST_WORK) {
      throw TokenMasks.tooInvolved("the answer was not complete", MOST_WORK);
    }
  }

  private void think(ThoughtScan next) throws GbnfException {
    thought = next.isOver() ? Optional.empty() : Optional.of(next);
    if (next.isOver()) {
      hasThought = true;
      state = masks.startBehindSpace();
      say(next.restBytes());
    }
  }

  private void say(byte[] bytes) throws GbnfException {
    said.writeBytes(bytes);
    state = state.next(bytes, 0, bytes.length);
    names.ifPresent(json -> json.take(bytes));
  }

  /** Whether the answer may go on with {@code bytes}, from {@code from} on. */
  private boolean goesOn(GbnfState from, byte[] bytes) throws GbnfException {
    return !from.next(bytes, 0, bytes.length).isDead() && isSound(bytes);
  }

  private boolean isSound(byte[] bytes) {
    return names.isEmpty() || names.get().allows(bytes);
  }

  private boolean allows(int token) throws GbnfException {
    if (thought.isPresent()) {
      return !tokens.isEnd(token) && allows(thought.get().with(seen(token)));
    }
    if (tokens.isEnd(token)) {
      return state.mayEnd();
    }
    return beginsThought(token)
        || !masks.behind(state, token).isDead() && isSound(masks.text(token));
  }

  /** Whether the reasoning may go on so, or end so. */
  private boolean allows(ThoughtScan next) throws GbnfException {
    return !next.isOver() || goesOn(masks.startBehindSpace(), next.restBytes());
  }

  private boolean beginsThought(int token) {
    if (mayThink.begin().isEmpty()) {
      return false;
    }
    String text = new String(seen(token), StandardCharsets.UTF_8);
    return text.strip().equals(mayThink.begin());
  }

  /** The text of a token, or its name where it has none. */
  private byte[] seen(int token) {
    byte[] text = tokens.trie().text(token);
    return text.length > 0 ? text : tokens.name(token).getBytes(StandardCharsets.UTF_8);
  }

  private int other(Sampler sampler, MemorySegment logits)
      throws GbnfException, LlamaException, LlmException {
    long[] mask = masks.of(state);
    long[] sound = names.isEmpty() ? mask : sound(mask, names.get());
    int[] ends = state.mayEnd() ? tokens.ends() : NO_TOKENS;
    if (candidates.takeOnly(logits, sound, ends) == 0) {
      throw new LlmException(sound == mask ? unwritable() : MemberNames.STUCK);
    }
    int token = sampler.select(candidates);
    return allows(token) ? token : candidates.likeliest();
  }

  private LlmError unwritable() {
    return new LlmError.Unsupported(
        hold.asked().parameter(),
        "The model has no token that goes on with what the grammar asks for; its vocabulary"
            + " cannot write it.");
  }

  /** Those of {@code mask} that the names allow; itself when these are all. */
  private long[] sound(long[] mask, JsonNames json) {
    long[] signs = tokens.jsonSigns();
    long[] sound = mask;
    for (int word = 0; word < mask.length; word++) {
      for (long bits = mask[word] & signs[word]; bits != 0; bits &= bits - 1) {
        int token = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
        if (!json.allows(masks.text(token))) {
          sound = sound == mask ? mask.clone() : sound;
          clear(sound, token);
        }
      }
    }
    return sound;
  }

  /** Reasoning has few tokens that are not allowed: one after the other is left out. */
  private int otherThought(Sampler sampler, MemorySegment logits, int refused)
      throws GbnfException, LlamaException, LlmException {
    long[] allowed = new long[(tokens.trie().tokenCount() + Long.SIZE - 1) / Long.SIZE];
    Arrays.fill(allowed, -1L);
    int odd = tokens.trie().tokenCount() % Long.SIZE;
    if (odd > 0) {
      allowed[allowed.length - 1] = (1L << odd) - 1;
    }
    for (int end : tokens.ends()) {
      clear(allowed, end);
    }
    int token = refused;
    for (int i = 0; i < MOST_THOUGHTS_REFUSED; i++) {
      clear(allowed, token);
      if (candidates.takeOnly(logits, allowed, NO_TOKENS) == 0) {
        break;
      }
      token = sampler.select(candidates);
      if (allows(token)) {
        return token;
      }
    }
    throw new LlmException(
        new LlmError.Unsupported(
            hold.asked().parameter(),
            "The model's reasoning did not come to an end that the grammar can follow."));
  }

  private static void clear(long[] bits, int token) {
    bits[token / Long.SIZE] &= ~(1L << token);
  }
}
