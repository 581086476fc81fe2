package llm.domain.port;

import java.util.UUID;

/** Where ids come from; a test makes them predictable. Thread-safe. */
@FunctionalInterface
public interface IdSource {
  /** Random version-4 UUIDs that cannot be guessed from one another. */
  IdSource RANDOM = new RandomIds();

  /** A UUID not given before. */
  UUID next();
}
