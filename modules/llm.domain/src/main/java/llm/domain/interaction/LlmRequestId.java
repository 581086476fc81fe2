package llm.domain.interaction;

import java.util.UUID;
import java.util.regex.Pattern;
import llm.domain.port.IdSource;
import llm.domain.text.Excerpt;

/**
 * Identifies one request to a model; written as {@code llm-req-} and the UUID.
 *
 * @param uuid the unique part
 */
public record LlmRequestId(UUID uuid) {
  /** What every written id begins with. */
  public static final String PREFIX = "llm-req-";

  private static final Pattern WRITTEN =
      Pattern.compile(PREFIX + "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /** A new id. */
  public static LlmRequestId create(IdSource ids) {
    return new LlmRequestId(ids.next());
  }

  /**
   * Reads a written id.
   *
   * @throws IllegalArgumentException when it is not the prefix and a UUID in lower case
   */
  public static LlmRequestId parse(String value) {
    if (!WRITTEN.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "request id "
              + Excerpt.of(value)
              + " must be "
              + PREFIX
              + " and a UUID in lower case, as "
              + PREFIX
              + "123e4567-e89b-42d3-a456-426614174000");
    }
    return new LlmRequestId(UUID.fromString(value.substring(PREFIX.length())));
  }

  /** The id as it is written. */
  public String value() {
    return PREFIX + uuid;
  }

  @Override
  public String toString() {
    return value();
  }
}
