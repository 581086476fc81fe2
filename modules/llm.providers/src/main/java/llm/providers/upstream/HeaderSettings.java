package llm.providers.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.providers.replay.TrafficSettings;
import llm.providers.transport.UpstreamRequest.Header;

/** The header fields that an upstream's requests have by configuration. */
final class HeaderSettings {
  /** Fields that each request sets by itself. */
  private static final Set<String> OWN_FIELDS =
      Set.of(
          "content-type",
          "accept",
          "accept-encoding",
          "x-request-id",
          "x-correlation-id",
          "traceparent",
          "tracestate");

  private static final Setting<String> HEADERS =
      Setting.optionalText("headers", "Further header fields of every request.");
  private static final Setting<Secret> SECRET_HEADERS =
      Setting.optionalSecret("secret_headers", "Further header fields whose values are secrets.");

  private final Section section;
  private final List<Header> headers = new ArrayList<>();

  private HeaderSettings(Section section) {
    this.section = section;
  }

  /** The fields of {@code own}, in its order, and behind them those of the section. */
  static List<Header> read(Section section, Map<String, String> own) {
    var reader = new HeaderSettings(section);
    own.forEach(reader::add);
    section.map(HEADERS).forEach(reader::add);
    section.map(SECRET_HEADERS).forEach((field, value) -> reader.add(field, value.reveal()));
    return reader.headers;
  }

  /** What of those fields is secret: those that are said to be, and those that are by name. */
  static List<Secret> secrets(Section section, List<Header> fields) {
    var secrets = new ArrayList<>(section.map(SECRET_HEADERS).values());
    secrets.addAll(TrafficSettings.secrets(fields));
    return secrets;
  }

  private void add(String name, String value) {
    boolean twice = headers.stream().anyMatch(header -> header.name().equalsIgnoreCase(name));
    if (twice || OWN_FIELDS.contains(name.toLowerCase(Locale.ROOT))) {
      section.reject(
          HEADERS.key(),
          "must not set '" + name + "', which is set " + (twice ? "already" : "for each request"));
      return;
    }
    try {
      headers.add(new Header(name, value));
    } catch (IllegalArgumentException refused) {
      section.reject(HEADERS.key(), "cannot be sent: " + refused.getMessage());
    }
  }
}
