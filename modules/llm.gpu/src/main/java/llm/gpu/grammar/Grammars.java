package llm.gpu.grammar;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.core.schema.grammar.SchemaGrammar;
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
  private static final byte[] REHEARSED = "{\"a\":\"b".getBytes(StandardCharsets.UTF_8);

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
   * <p>It walks through them too, and forgets what it finds: the first walks of a process are many
   * times as slow as those behind them, and no answer is to wait for them.
   *
   * @throws IllegalStateException when the model is closed
   */
  public void prepare() {
    if (tokens == null) {
      ModelTokens read = ModelTokens.read(vocabulary);
      rehearse(read);
      tokens = read;
    }
  }

  private void rehearse(ModelTokens read) {
    try {
      Gbnf json = Gbnf.read(SchemaGrammar.anyObject().gbnf());
      new TokenMasks(json, read, Set.of(), metrics, time).rehearse(REHEARSED);
    } catch (GbnfException _) {
      return; // of such a vocabulary; who asks for an answer is told
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
