package llm.core.schema.format;

import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The formats of strings that are held to (JSON Schema Validation 2020-12, section 7.3). Those that
 * are not here are names without a meaning. Thread-safe; each takes a time that grows with the
 * length of the string alone.
 */
public final class Formats {
  private static final Map<String, Predicate<String>> ALL =
      Map.ofEntries(
          Map.entry("date", Times::isDate),
          Map.entry("time", Times::isTime),
          Map.entry("date-time", Times::isDateTime),
          Map.entry("duration", Times::isDuration),
          Map.entry("uuid", Names::isUuid),
          Map.entry("hostname", Names::isHostName),
          Map.entry("email", Names::isEmail),
          Map.entry("json-pointer", Names::isJsonPointer),
          Map.entry("ipv4", Addresses::isIpv4),
          Map.entry("ipv6", Addresses::isIpv6),
          Map.entry("uri", Uris::isUri),
          Map.entry("uri-reference", Uris::isReference));

  private Formats() {}

  /** Whether a string has the format; empty where the format is not known. */
  public static Optional<Predicate<String>> named(String format) {
    return Optional.ofNullable(ALL.get(format));
  }
}
