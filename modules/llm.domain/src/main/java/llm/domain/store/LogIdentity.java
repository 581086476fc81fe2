package llm.domain.store;

import java.util.Objects;
import java.util.UUID;

/**
 * Which of the logs that had a key this is: one that was removed and made again is another log.
 * Whoever begins a log gives it one that was never given before.
 *
 * @param value random; the nil UUID (RFC 9562, section 5.9) for {@link #NONE}
 */
public record LogIdentity(UUID value) {
  /** Of logs from before there were identities; they keep it until they are removed. */
  public static final LogIdentity NONE = new LogIdentity(new UUID(0, 0));

  /** Checks that it is there. */
  public LogIdentity {
    Objects.requireNonNull(value, "value");
  }

  /** Whether it tells nothing. */
  public boolean isNone() {
    return equals(NONE);
  }
}
