package llm.providers.openai;

import java.util.Map;
import java.util.Optional;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.providers.upstream.Upstream;

/**
 * One upstream that speaks the OpenAI dialect, as it is configured.
 *
 * @param upstream what every upstream has
 * @param server what kind of server it is
 * @param streamUsage whether streams ask for their usage
 */
record UpstreamSettings(Upstream upstream, ServerRecipe server, boolean streamUsage) {
  private static final String MODELS = "/models";

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
  private static final Setting<Boolean> STREAM_USAGE =
      Setting.flag(
          "stream_usage",
          true,
          "Whether streams ask for their usage; false for servers that refuse stream_options.");

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
    Optional<String> url = section.find(baseUrl).or(server::baseUrl);
    Map<String, String> own =
        key(section, server, apiKey)
            .map(key -> Map.of("authorization", "Bearer " + key.reveal()))
            .orElse(Map.of());
    boolean usage = section.get(STREAM_USAGE);
    return Upstream.read(name, section, url, own, MODELS)
        .map(upstream -> new UpstreamSettings(upstream, server, usage));
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
}
