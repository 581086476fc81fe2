package llm.gpu.grammar;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.gbnf.Gbnf;
import llm.domain.error.LlmException;

/** Reads grammars, and remembers those asked for last. Thread-safe; reading blocks its caller. */
public final class Holds {
  private static final int MOST_REMEMBERED = 16;

  private final Map<String, Gbnf> read = // guarded by itself
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Gbnf> eldest) {
          return size() > MOST_REMEMBERED;
        }
      };

  /** None remembered. */
  public Holds() {}

  /**
   * What an answer is held to; empty where nothing was asked.
   *
   * @throws LlmException with {@code InvalidRequest} when the grammar cannot be read
   */
  public Optional<Hold> of(Optional<AnswerGrammar> asked) throws LlmException {
    return asked.isEmpty() ? Optional.empty() : Optional.of(of(asked.get()));
  }

  private Hold of(AnswerGrammar asked) throws LlmException {
    synchronized (read) {
      Gbnf known = read.get(asked.gbnf());
      if (known != null) {
        return new Hold(asked, known);
      }
    }
    Hold hold = Hold.of(asked);
    synchronized (read) {
      read.put(asked.gbnf(), hold.gbnf());
    }
    return hold;
  }
}
