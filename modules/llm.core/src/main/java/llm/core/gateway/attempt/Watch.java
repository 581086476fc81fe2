package llm.core.gateway.attempt;

import llm.domain.error.LlmError;

/**
 * Is told how a try at a target goes, by its account: at most once that it begins, once how it
 * ends. Must not block.
 */
public interface Watch {
  /** One that nobody listens to. */
  Watch NONE =
      new Watch() {
        @Override
        public void began(long nanos) {}

        @Override
        public void succeeded() {}

        @Override
        public void failed(LlmError error) {}
      };

  /** The first token came, so many nanoseconds after the request. */
  void began(long nanos);

  /** The answer is complete. */
  void succeeded();

  /** There is none, or not a whole one. */
  void failed(LlmError error);
}
