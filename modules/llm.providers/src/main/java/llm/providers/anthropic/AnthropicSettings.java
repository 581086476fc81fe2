package llm.providers.anthropic;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.dialect.anthropic.upstream.RequestTraits;
import llm.core.dialect.anthropic.upstream.ThinkingStyle;
import llm.providers.replay.TrafficSettings;
import llm.providers.upstream.GoingOn;
import llm.providers.upstream.SchemaForm;
import llm.providers.upstream.Upstream;

/**
 * One upstream that speaks Anthropic's Messages, as it is configured.
 *
 * @param upstream what every upstream has
 * @param traits how requests are written for it
 */
record AnthropicSettings(Upstream upstream, RequestTraits traits) {
  private static final String ANTHROPIC = "https://api.anthropic.com";

  /** As many as the API gives at once; it has fewer. */
  private static final String MODELS = "/v1/models?limit=1000";

  private static final String INTERLEAVED = "interleaved-thinking";

  private static final Setting<String> BASE_URL =
      Setting.optionalText(
          "base_url", "Where the API is, without /v1; without it " + ANTHROPIC + ".");
  private static final Setting<Secret> API_KEY =
      Setting.optionalSecret("api_key", "Key sent as x-api-key.");
  private static final Setting<String> VERSION =
      Setting.text("version", "2023-06-01", "Version of the API, sent as anthropic-version.");
  private static final Setting<String> BETA =
      Setting.optionalText("beta", "Names of betas, sent as anthropic-beta.");
  private static final Setting<ThinkingStyle> THINKING =
      Setting.choice(
          "thinking",
          ThinkingStyle.AUTO,
          "How models are told how much to think: by a budget of tokens (Claude up to 4.5), or by an"
              + " effort; auto goes by the model's name.");

  /** Reads an upstream of the user's naming; empty when it cannot be, which is reported then. */
  static Optional<AnthropicSettings> read(String name, Section section) {
    boolean official = section.find(BASE_URL).isEmpty();
    Setting<Secret> apiKey = official ? API_KEY.orEnvironment("ANTHROPIC_API_KEY") : API_KEY;
    return read(name, section, BASE_URL, section.find(apiKey));
  }

  /** Reads the one that stands in the kind's own section, if there is one. */
  static Optional<AnthropicSettings> readOwn(String name, Section section) {
    Setting<String> baseUrl = BASE_URL.orEnvironment("ANTHROPIC_BASE_URL");
    Optional<Secret> key = section.find(API_KEY.orEnvironment("ANTHROPIC_API_KEY"));
    Optional<AnthropicSettings> read = read(name, section, baseUrl, key);
    boolean wanted =
        key.isPresent() || section.find(baseUrl).isPresent() || TrafficSettings.isReplayed(section);
    return wanted ? read : Optional.empty();
  }

  private static Optional<AnthropicSettings> read(
      String name, Section section, Setting<String> baseUrl, Optional<Secret> key) {
    String url = section.find(baseUrl).orElse(ANTHROPIC);
    if (url.replaceFirst("/+$", "").endsWith("/v1")) {
      section.reject(BASE_URL.key(), "must not end with /v1, which is added");
    }
    List<String> beta = section.list(BETA);
    Map<String, String> own = new LinkedHashMap<>();
    key.ifPresent(secret -> own.put("x-api-key", secret.reveal()));
    own.put("anthropic-version", section.get(VERSION));
    if (!beta.isEmpty()) {
      own.put("anthropic-beta", String.join(",", beta));
    }
    boolean interleaved = beta.stream().anyMatch(named -> named.startsWith(INTERLEAVED));
    var traits = new RequestTraits(section.get(THINKING), interleaved);
    return Upstream.read(name, section, Optional.of(url), own, MODELS)
        .map(upstream -> {
          GoingOn.rejectMarks(upstream.goingOn(), section);
          SchemaForm.rejectJsonObject(upstream.schemas(), section);
          return new AnthropicSettings(upstream, traits);
        });
  }
}
