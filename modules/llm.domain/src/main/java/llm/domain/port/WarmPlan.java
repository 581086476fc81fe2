package llm.domain.port;

import java.time.Duration;
import java.util.Optional;
import llm.domain.model.ModelName;

/**
 * How a connection is kept warm: by pings, the first of them at once, until nobody has asked for a
 * while; the next request begins it anew.
 *
 * @param interval from one ping, or request, to the next ping; more than 0
 * @param idle how long pings go on without a request; 0: for ever
 * @param patience how long one ping may take; more than 0
 * @param generation when a ping is followed by the generation of one token from an empty text,
 *     which a provider may charge for
 * @param model by which model; there unless {@code generation} is {@code NEVER}
 */
public record WarmPlan(
    Duration interval,
    Duration idle,
    Duration patience,
    EmptyGeneration generation,
    Optional<ModelName> model) {

  /** After which pings an empty text is generated. */
  public enum EmptyGeneration {
    /** After none. */
    NEVER,
    /** After the first. */
    HANDSHAKE,
    /** After each. */
    ALWAYS
  }

  /** Checks the ranges, and that there is a model where one is needed. */
  public WarmPlan {
    positive("interval", interval);
    positive("patience", patience);
    if (idle.isNegative()) {
      throw new IllegalArgumentException("idle " + idle + " must be 0 or more");
    }
    if (generation != EmptyGeneration.NEVER && model.isEmpty()) {
      throw new IllegalArgumentException(
          "generation " + generation + " needs a model to generate with");
    }
  }

  private static void positive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(name + " " + value + " must be more than 0");
    }
  }
}
