package llm.core.resilience;

import llm.domain.error.LlmError;

/**
 * Leave to ask a provider once. It ends exactly once, by {@link #succeeded}, {@link #failed} or
 * {@link #abandoned}; what comes later changes nothing. Thread-safe.
 */
public interface Passage {
  /** One that holds nothing. */
  Passage FREE =
      new Passage() {
        @Override
        public void began() {}

        @Override
        public void succeeded() {}

        @Override
        public void failed(LlmError error) {}

        @Override
        public void abandoned() {}
      };

  /** The answer begins. */
  void began();

  /** The answer is complete. */
  void succeeded();

  /** There is none, or not a whole one. */
  void failed(LlmError error);

  /** Nobody was asked after all. */
  void abandoned();
}
