package llm.core.connection;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import llm.domain.error.LlmError;

/**
 * What came of one ping, with what followed it.
 *
 * @param nanos how long all of it took
 * @param pingNanos how long the ping took; empty when it was not answered
 * @param status of the answer to the ping; empty where there are none
 * @param generationNanos how long the generation took; empty when there was none, or it failed
 * @param failure why the rest is missing
 */
record Attempt(
    long nanos,
    Optional<Long> pingNanos,
    OptionalInt status,
    Optional<Long> generationNanos,
    Optional<LlmError> failure) {

  /** What it says of the connection. */
  enum Outcome {
    /** It is warm. */
    WARM,
    /** It is warm, but nothing was generated. */
    NO_GENERATION,
    /** It is not there. */
    LOST,
    /** Nothing: the ping made way for a request, or ended with its call. */
    NONE
  }

  Outcome outcome() {
    if (failure.isEmpty()) {
      return Outcome.WARM;
    }
    boolean answered = pingNanos.isPresent();
    return switch (failure.get()) {
      case LlmError.Overloaded _,
          LlmError.QueueFull _,
          LlmError.ShuttingDown _,
          LlmError.Cancelled _ ->
          answered ? Outcome.WARM : Outcome.NONE;
      default -> answered ? Outcome.NO_GENERATION : Outcome.LOST;
    };
  }

  Handshake handshake(String provider) {
    return new Handshake(
        provider,
        Duration.ofNanos(pingNanos.orElse(nanos)),
        status,
        generationNanos.map(Duration::ofNanos));
  }
}
