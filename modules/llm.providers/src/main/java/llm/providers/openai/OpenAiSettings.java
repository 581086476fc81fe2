package llm.providers.openai;

import java.util.LinkedHashMap;
import java.util.Optional;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.providers.replay.TrafficSettings;
import llm.providers.upstream.ToolWords;
import llm.providers.upstream.Upstream;

/** OpenAI itself as it is configured: there where it has a key. */
final class OpenAiSettings {
  private static final Setting<Boolean> ENABLED =
      Setting.flag("enabled", true, "Whether it is there where it has a key.");
  private static final Setting<Secret> API_KEY =
      Setting.optionalSecret("api_key", "Key sent as bearer token; without one it is not there.")
          .orEnvironment("OPENAI_API_KEY");
  private static final Setting<String> ORGANIZATION =
      Setting.optionalText("organization", "Organization that requests are counted for.")
          .orEnvironment("OPENAI_ORG_ID");
  private static final Setting<String> PROJECT =
      Setting.optionalText("project", "Project that requests are counted for.")
          .orEnvironment("OPENAI_PROJECT_ID");
  private static final Setting<String> BASE_URL =
      Setting.text("base_url", "https://api.openai.com/v1", "Where the API is.")
          .orEnvironment("OPENAI_BASE_URL");
  private static final String MODELS = "/models";

  private OpenAiSettings() {}

  /** Reads the provider's section; empty when it is not wanted, has no key, or cannot be. */
  static Optional<UpstreamSettings> read(String name, Section section) {
    boolean enabled = section.get(ENABLED);
    Optional<Secret> key = section.find(API_KEY);
    var own = new LinkedHashMap<String, String>();
    key.ifPresent(secret -> own.put("authorization", "Bearer " + secret.reveal()));
    section.find(ORGANIZATION).ifPresent(id -> own.put("openai-organization", id));
    section.find(PROJECT).ifPresent(id -> own.put("openai-project", id));
    ResponseSettings responses = ResponseSettings.read(section, Api.AUTO);
    String url = section.get(BASE_URL);
    var traits = ServerRecipe.OPENAI.traits(true);
    return Upstream.read(name, section, Optional.of(url), own, MODELS)
        .map(upstream ->
            new UpstreamSettings(upstream, traits, responses, ToolWords.NONE, ServerRecipe.OPENAI))
        .filter(_ -> enabled && (key.isPresent() || TrafficSettings.isReplayed(section)));
  }
}
