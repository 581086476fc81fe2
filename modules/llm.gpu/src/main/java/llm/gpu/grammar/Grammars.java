package llm.gpu.grammar;

import java.util.Map;
import java.util.Set;
import llm.core.template.Reasoning;
import llm.domain.chat.ChatRequest;
import llm.domain.error.LlmException;
import llm.domain.port.TimeSource;
import llm.gpu.llama.Sampler.Candidates;
import llm.gpu.llama.Vocabulary;

/**
 * The grammars of one model in work: what was found for the last ones is kept. Belongs to the
 * model's thread, but for {@link #isReady} and {@link #prepare}.
 */
public final class Grammars implements AutoCloseable {
  private static final int MOST_REMEMBERED = 8;

  private final Vocabulary vocabulary;
  private final GrammarMetrics metrics;
  private final TimeSource time;
  private final Map<Key, TokenMasks> masks = new Remembered<>(MOST_REMEMBERED);
  private volatile ModelTokens tokens; // null until they are read
  private Candidates candidates; // null until somebody needs them

  private record Key(String gbnf, Set<String> marks) {}

  /** For the model of this vocabulary. */
  public Grammars(Vocabulary vocabulary, GrammarMetrics metrics, TimeSource time) {
    this.vocabulary = vocabulary;
    this.metrics = metrics;
    this.time = time;
  }

  /** Whether the model's tokens are read. Any thread. */
  public boolean isReady() {
    return tokens != null;
  }

  /**
   * Reads the model's tokens, which takes longer than a step should. Any platform thread.
   *
   * @throws IllegalStateException when the model is closed
   */
  public void prepare() {
    if (tokens == null) {
      tokens = ModelTokens.read(vocabulary);
    }
  }

  /**
   * An answer that begins.
   *
   * @param reasoning what the model writes before it
   * @throws LlmException when the request begins the answer in a way that the grammar does not
   */
  public HeldAnswer begin(Hold hold, Reasoning reasoning, ChatRequest request) throws LlmException {
    prepare();
    if (candidates == null) {
      candidates = new Candidates(vocabulary.size());
    }
    var key = new Key(hold.asked().gbnf(), hold.asked().marks());
    TokenMasks known = masks.get(key);
    if (known == null) {
      known = new TokenMasks(hold.gbnf(), tokens, key.marks(), metrics, time);
      masks.put(key, known);
    }
    return new HeldAnswer(hold, known, tokens, candidates, metrics).begin(reasoning, request);
  }

  @Override
  public void close() {
    if (candidates != null) {
      candidates.close();
      candidates = null;
    }
  }
}
