package llm.providers.upstream;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.domain.model.ModelName;
import llm.domain.port.WarmPlan;
import llm.domain.port.WarmPlan.EmptyGeneration;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamRequest.Body;

/**
 * How an upstream's connection is kept warm; section {@code warm} of the upstream.
 *
 * @param plan when; empty: not at all
 * @param pingMethod of the ping
 * @param pingPath of the ping, below the upstream's base URL
 */
public record WarmSettings(Optional<WarmPlan> plan, String pingMethod, String pingPath) {
  private static final Duration SHORTEST = Duration.ofMillis(100);
  private static final Duration LONGEST = Duration.ofHours(24);

  /** Methods that a light question may have. */
  enum Method {
    GET,
    HEAD,
    OPTIONS,
    POST
  }

  private static final Setting<Boolean> ENABLED =
      Setting.flag(
          "enabled", true, "Whether a connection is opened at start, and kept open by pings.");
  private static final Setting<Method> PING_METHOD =
      Setting.choice("ping_method", Method.GET, "Method of the ping; it has no body.");
  private static final Setting<Duration> INTERVAL =
      Setting.duration(
          "interval_seconds",
          Duration.ofSeconds(25),
          SHORTEST,
          LONGEST,
          "Time from a ping, or a request, to the next ping. Less than the upstream, and what lies"
              + " before it, keeps a connection open; the client jdk keeps one for 30 s.");
  private static final Setting<Duration> IDLE =
      Setting.duration(
          "idle_seconds",
          Duration.ofMinutes(15),
          Duration.ZERO,
          LONGEST,
          "How long pings go on without a request, and the questions of refresh_seconds with them;"
              + " the next request begins them anew. 0: for ever.");
  private static final Setting<Duration> TIMEOUT =
      Setting.duration(
          "timeout_seconds",
          Duration.ofSeconds(10),
          SHORTEST,
          Duration.ofMinutes(10),
          "How long one ping may take.");
  private static final Setting<EmptyGeneration> GENERATION =
      Setting.choice(
          "generation",
          EmptyGeneration.NEVER,
          "After which pings one token is generated from an empty text, so that the model is ready"
              + " too: after none, the one at start, or each. The upstream may charge for it.");
  private static final Setting<String> GENERATION_MODEL =
      Setting.optionalText(
          "generation_model", "The upstream's model to do it by; without it the first of models.");

  /**
   * Reads the section {@code warm}.
   *
   * @param upstream the upstream's section
   * @param name of the upstream
   * @param models that are named there
   * @param modelsPath where it lists its models
   */
  static WarmSettings read(Section upstream, String name, List<String> models, String modelsPath) {
    Section section =
        upstream.section("warm", "How a connection to the upstream is kept open and warm.");
    boolean enabled = section.get(ENABLED);
    String method = section.get(PING_METHOD).name();
    String path = path(section, modelsPath);
    Duration interval = section.get(INTERVAL);
    Duration idle = section.get(IDLE);
    Duration patience = section.get(TIMEOUT);
    EmptyGeneration generation = section.get(GENERATION);
    Optional<ModelName> model = model(section, name, models);
    if (idle.isPositive() && idle.compareTo(interval) < 0) {
      section.reject(IDLE.key(), "must be 0, or interval_seconds at least: no ping would be sent");
    }
    if (generation != EmptyGeneration.NEVER && model.isEmpty()) {
      section.reject(
          GENERATION.key(), "needs generation_model: no model is taken that you did not name");
      generation = EmptyGeneration.NEVER;
    }
    var plan = new WarmPlan(interval, idle, patience, generation, model);
    return new WarmSettings(Optional.of(plan).filter(_ -> enabled), method, path);
  }

  /** Whether the ping asks what the upstream is asked anyway: for its models. */
  public boolean asksFor(String modelsPath) {
    return pingMethod.equals(Method.GET.name()) && pingPath.equals(modelsPath);
  }

  private static String path(Section section, String modelsPath) {
    Setting<String> setting =
        Setting.text(
            "ping_path",
            modelsPath,
            "Path of the ping, below base_url. Any status will do: who answers is connected.");
    String path = section.get(setting);
    try {
      return new UpstreamRequest(Method.GET.name(), path, List.of(), Body.NONE).path();
    } catch (IllegalArgumentException refused) {
      section.reject(setting.key(), "cannot be asked for: " + refused.getMessage());
      return modelsPath;
    }
  }

  private static Optional<ModelName> model(Section section, String name, List<String> models) {
    Optional<String> asked = section.find(GENERATION_MODEL).or(() -> models.stream().findFirst());
    try {
      return asked.map(model -> new ModelName(name + "/" + new ModelName(model)));
    } catch (IllegalArgumentException refused) {
      section.reject(GENERATION_MODEL.key(), refused.getMessage());
      return Optional.empty();
    }
  }
}
