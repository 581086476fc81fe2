package llm.providers.openai;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.model.ModelName;
import llm.providers.transport.BaseUrl;
import llm.providers.transport.TransportSettings;
import llm.providers.transport.UpstreamRequest.Header;

/**
 * One upstream as it is configured.
 *
 * @param name its provider id, and what its models' ids begin with
 * @param server what kind of server it is
 * @param baseUrl where it is
 * @param headers fields of every request, credentials among them; never shown
 * @param models ids it serves; empty: it is asked for them
 * @param refresh how often it is asked whether it is there, and for its models
 * @param streamUsage whether streams ask for their usage
 * @param warm how a connection to it is kept warm
 * @param transport how it is reached
 */
record UpstreamSettings(
    String name,
    ServerRecipe server,
    BaseUrl baseUrl,
    List<Header> headers,
    List<String> models,
    Duration refresh,
    boolean streamUsage,
    WarmSettings warm,
    TransportSettings transport) {

  /** Fields that each request sets by itself. */
  private static final Set<String> OWN_FIELDS =
      Set.of(
          "content-type",
          "accept",
          "accept-encoding",
          "x-request-id",
          "x-correlation-id",
          "traceparent");

  private static final Setting<String> BASE_URL =
      Setting.optionalText(
          "base_url",
          "Where the API is, as http://127.0.0.1:11434/v1; without it where such a server usually"
              + " is.");
  private static final Setting<ServerRecipe> SERVER =
      Setting.choice("server", ServerRecipe.GENERIC, "What kind of server it is.");
  private static final Setting<Secret> API_KEY =
      Setting.optionalSecret(
          "api_key",
          "Key sent as bearer token; openai, openrouter and together have it in OPENAI_API_KEY,"
              + " OPENROUTER_API_KEY and TOGETHER_API_KEY too.");
  private static final Setting<String> MODELS =
      Setting.optionalText("models", "Models it serves; without them it is asked (GET /models).");
  private static final Setting<String> HEADERS =
      Setting.optionalText("headers", "Further header fields of every request.");
  private static final Setting<Secret> SECRET_HEADERS =
      Setting.optionalSecret("secret_headers", "Further header fields whose values are secrets.");
  private static final Setting<Duration> REFRESH =
      Setting.duration(
          "refresh_seconds",
          Duration.ofSeconds(60),
          Duration.ofSeconds(1),
          Duration.ofHours(24),
          "How often it is asked whether it is there, and for its models; down, at least every"
              + " 5 s.");
  private static final Setting<Boolean> STREAM_USAGE =
      Setting.flag(
          "stream_usage",
          true,
          "Whether streams ask for their usage; false for servers that refuse stream_options.");

  /** Copies the lists. */
  UpstreamSettings {
    headers = List.copyOf(headers);
    models = List.copyOf(models);
  }

  /** Reads an upstream of the user's naming; empty when it cannot be, which is reported then. */
  static Optional<UpstreamSettings> read(String name, Section section) {
    Optional<UpstreamSettings> read = read(name, section, BASE_URL, API_KEY);
    if (!isGiven(section, BASE_URL)) {
      section.reject(BASE_URL.key(), "is missing; servers of kind generic have no usual place");
    }
    return read;
  }

  /** Reads the one that stands in the kind's own section, if there is one. */
  static Optional<UpstreamSettings> readOwn(String name, Section section) {
    Setting<String> baseUrl = BASE_URL.orEnvironment("OPENAI_COMPATIBLE_BASE_URL");
    Setting<Secret> apiKey = API_KEY.orEnvironment("OPENAI_COMPATIBLE_API_KEY");
    Optional<UpstreamSettings> read = read(name, section, baseUrl, apiKey);
    return isGiven(section, baseUrl) ? read : Optional.empty();
  }

  private static boolean isGiven(Section section, Setting<String> baseUrl) {
    return section.find(baseUrl).isPresent() || section.get(SERVER) != ServerRecipe.GENERIC;
  }

  private static Optional<UpstreamSettings> read(
      String name, Section section, Setting<String> baseUrl, Setting<Secret> apiKey) {
    ServerRecipe server = section.get(SERVER);
    Optional<BaseUrl> url =
        section.find(baseUrl).or(server::baseUrl).flatMap(text -> baseUrl(text, section));
    var headers = new ArrayList<Header>();
    key(section, server, apiKey)
        .ifPresent(key -> add("authorization", "Bearer " + key.reveal(), section, headers));
    section.map(HEADERS).forEach((field, value) -> add(field, value, section, headers));
    section
        .map(SECRET_HEADERS)
        .forEach((field, value) -> add(field, value.reveal(), section, headers));
    List<String> models = models(section);
    Duration refresh = section.get(REFRESH);
    boolean usage = section.get(STREAM_USAGE);
    WarmSettings warm = WarmSettings.read(section, name, models);
    BaseUrl assumed = url.orElseGet(() -> BaseUrl.of("http://127.0.0.1/v1")); // to read the rest
    TransportSettings transport = TransportSettings.read(section, assumed);
    return url.map(known ->
        new UpstreamSettings(
            name, server, known, headers, models, refresh, usage, warm, transport));
  }

  private static Optional<BaseUrl> baseUrl(String text, Section section) {
    try {
      return Optional.of(BaseUrl.of(text));
    } catch (IllegalArgumentException refused) {
      section.reject(BASE_URL.key(), "must " + refused.getMessage());
      return Optional.empty();
    }
  }

  /** The key that is written down, else the one that is where it is by custom. */
  private static Optional<Secret> key(
      Section section, ServerRecipe server, Setting<Secret> apiKey) {
    Optional<Secret> written = section.find(apiKey);
    if (written.isPresent() || server.keyVariables().isEmpty()) {
      return written;
    }
    return section.find(apiKey.orEnvironment(server.keyVariables().toArray(String[]::new)));
  }

  private static List<String> models(Section section) {
    var models = new ArrayList<String>();
    for (String model : section.list(MODELS)) {
      try {
        models.add(new ModelName(model).value());
      } catch (IllegalArgumentException refused) {
        section.reject(MODELS.key(), refused.getMessage());
      }
    }
    return models;
  }

  private static void add(String name, String value, Section section, List<Header> headers) {
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
