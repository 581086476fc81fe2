package llm.providers.openai;

import java.util.Map;
import java.util.Optional;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.dialect.openai.upstream.RequestTraits;
import llm.core.dialect.openai.upstream.RequestTraits.ReasoningBack;
import llm.core.dialect.openai.upstream.RequestTraits.Unfinished;
import llm.domain.model.SchemaSupport;
import llm.providers.replay.TrafficSettings;
import llm.providers.upstream.GoingOn;
import llm.providers.upstream.ToolWords;
import llm.providers.upstream.Upstream;

/**
 * One upstream that speaks the OpenAI dialect, as it is configured.
 *
 * @param upstream what every upstream has
 * @param traits how requests are written for it
 * @param responses by which interface it is asked
 * @param toolWords how its models write calls of tools, where the server does not read them
 * @param goingOn how it goes on with answers that broke off elsewhere; auto: in words, if that may
 *     be
 * @param schemas what its kind of server does so that answers fit a schema
 */
record UpstreamSettings(
    Upstream upstream,
    RequestTraits traits,
    ResponseSettings responses,
    ToolWords toolWords,
    GoingOn goingOn,
    SchemaSupport schemas) {
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
          "Key sent as bearer token; openai, openrouter, together and deepseek have it in"
              + " OPENAI_API_KEY, OPENROUTER_API_KEY, TOGETHER_API_KEY and DEEPSEEK_API_KEY too.");
  private static final Setting<Boolean> STREAM_USAGE =
      Setting.flag(
          "stream_usage",
          true,
          "Whether streams ask for their usage; false for servers that refuse stream_options.");

  private static final Setting<Back> REASONING_BACK =
      Setting.choice(
          "reasoning_back",
          Back.AUTO,
          "The field of earlier answers in which their reasoning goes back within a turn; auto: as"
              + " that kind of server has it.");

  /** Where reasoning goes back. */
  enum Back {
    /** As the kind of server has it. */
    AUTO,
    /** Nowhere. */
    NONE,
    /** In {@code reasoning}. */
    REASONING,
    /** In {@code reasoning_content}. */
    REASONING_CONTENT;

    private RequestTraits in(RequestTraits traits) {
      return this == AUTO
          ? traits
          : traits.toBuilder().reasoning(ReasoningBack.valueOf(name())).build();
    }
  }

  /** An upstream of this kind, which says what its own settings do not. */
  UpstreamSettings(
      Upstream upstream,
      RequestTraits traits,
      ResponseSettings responses,
      ToolWords toolWords,
      ServerRecipe server) {
    GoingOn said = upstream.goingOn();
    GoingOn how = said == GoingOn.AUTO ? server.goingOn(upstream.baseUrl()) : said;
    this(
        upstream,
        traits.toBuilder().unfinished(mark(how)).build(),
        responses,
        toolWords,
        how,
        server.schemaSupport());
  }

  private static Unfinished mark(GoingOn how) {
    return switch (how) {
      case CONTINUE_FINAL_MESSAGE -> Unfinished.CONTINUE_FINAL_MESSAGE;
      case PREFIX -> Unfinished.PREFIX;
      case AUTO, NONE, PREFILL, INSTRUCTION -> Unfinished.BY_PLACE;
    };
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
    return section.find(baseUrl).isPresent()
        || section.get(SERVER) != ServerRecipe.GENERIC
        || TrafficSettings.isReplayed(section);
  }

  private static Optional<UpstreamSettings> read(
      String name, Section section, Setting<String> baseUrl, Setting<Secret> apiKey) {
    ServerRecipe server = section.get(SERVER);
    Optional<String> url = section.find(baseUrl).or(server::baseUrl);
    Map<String, String> own =
        key(section, server, apiKey)
            .map(key -> Map.of("authorization", "Bearer " + key.reveal()))
            .orElse(Map.of());
    RequestTraits traits = section.get(REASONING_BACK).in(server.traits(section.get(STREAM_USAGE)));
    ResponseSettings responses = ResponseSettings.read(section, Api.CHAT);
    ToolWords words = ToolWords.read(section);
    return Upstream.read(name, section, url, own, MODELS)
        .map(upstream -> new UpstreamSettings(upstream, traits, responses, words, server));
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
