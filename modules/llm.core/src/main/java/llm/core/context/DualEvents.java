package llm.core.context;

import llm.domain.error.LlmError;

/**
 * What a {@link DualContext} tells of itself. Called under its lock: must not block or call back.
 */
public interface DualEvents {
  /** A message was added; {@code ratio} of the room is taken now. */
  void messageAdded(double ratio);

  /** The next context is being made; {@code ratio} of the room is taken. */
  void warmupStart(double ratio);

  /** It is ready, after {@code nanos}. */
  void warmupReady(long nanos);

  /** It is not made after all. */
  void warmupCancelled(String reason);

  /** Making it failed; the conversation goes on and it is tried again later. */
  void warmupFailed(LlmError error);

  /** The conversation goes on in it, {@code nanos} after it was ready. */
  void handoverPerform(long nanos, double ratioBefore, double ratioAfter);

  /** The context is full and the next one is not ready: this turn is told less. */
  void hardStop(int leftOutMessages, int promptTokens, int limitTokens);
}
