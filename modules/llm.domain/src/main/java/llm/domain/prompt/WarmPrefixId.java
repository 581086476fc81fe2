package llm.domain.prompt;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import llm.domain.port.IdSource;

/**
 * Identifies a {@link WarmPrefix}; written as {@code warm-} and the UUID.
 *
 * @param uuid the unique part
 */
public record WarmPrefixId(UUID uuid) {
  /** What every written id begins with. */
  public static final String PREFIX = "warm-";

  private static final Pattern WRITTEN =
      Pattern.compile(PREFIX + "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");

  /** A new id. */
  public static WarmPrefixId create(IdSource ids) {
    return new WarmPrefixId(ids.next());
  }

  /** Reads a written id; empty when it is not the prefix and a UUID in lower case. */
  public static Optional<WarmPrefixId> parse(String value) {
    return WRITTEN.matcher(value).matches()
        ? Optional.of(new WarmPrefixId(UUID.fromString(value.substring(PREFIX.length()))))
        : Optional.empty();
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
