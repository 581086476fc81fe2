package llm.providers.upstream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.core.provider.ProviderContext;
import llm.domain.model.ModelName;
import llm.providers.replay.Traffic;
import llm.providers.replay.TrafficSettings;
import llm.providers.transport.BaseUrl;
import llm.providers.transport.Transport;
import llm.providers.transport.TransportSettings;
import llm.providers.transport.Transports;
import llm.providers.transport.UpstreamRequest.Header;

/**
 * One upstream as it is configured, whatever dialect it speaks.
 *
 * @param name its provider id, and what its models' ids begin with
 * @param baseUrl where it is
 * @param headers fields of every request, credentials among them; never shown
 * @param modelsPath where it lists its models, below {@code baseUrl}
 * @param models ids it serves; empty: it is asked for them
 * @param refresh how often it is asked whether it is there, and for its models
 * @param warm how a connection to it is kept warm
 * @param systemPrefix text before the system message of every request
 * @param goingOn how it goes on with answers that broke off elsewhere
 * @param schemas how it is told of schemas
 * @param transport how it is reached
 * @param traffic whether what passes is recorded, or played back
 */
public record Upstream(
    String name,
    BaseUrl baseUrl,
    List<Header> headers,
    String modelsPath,
    List<String> models,
    Duration refresh,
    WarmSettings warm,
    Optional<String> systemPrefix,
    GoingOn goingOn,
    SchemaForm schemas,
    TransportSettings transport,
    TrafficSettings traffic) {
  private static final Setting<String> MODELS =
      Setting.optionalText("models", "Models it serves; without them it is asked (GET /models).");
  private static final Setting<Duration> REFRESH =
      Setting.duration(
          "refresh_seconds",
          Duration.ofSeconds(60),
          Duration.ofSeconds(1),
          Duration.ofHours(24),
          "How often it is asked whether it is there, and for its models; down, at least every"
              + " 5 s.");

  /** Copies the lists. */
  public Upstream {
    headers = List.copyOf(headers);
    models = List.copyOf(models);
  }

  /**
   * Reads what all upstreams have in common.
   *
   * @param url the place, where it is known
   * @param own header fields that the dialect asks for, by name
   * @return empty when the place is not known or none, and there is no recording in its place; a
   *     wrong one is reported
   */
  public static Optional<Upstream> read(
      String name,
      Section section,
      Optional<String> url,
      Map<String, String> own,
      String modelsPath) {
    BaseUrl assumed =
        BaseUrl.of("http://127.0.0.1/v1"); // to read the rest, and where none is asked
    List<Header> headers = HeaderSettings.read(section, own);
    var traffic = TrafficSettings.read(name, section, HeaderSettings.secrets(section, headers));
    Optional<BaseUrl> place =
        url.flatMap(text -> baseUrl(text, section)).or(() -> traffic.replay().map(_ -> assumed));
    List<String> models = models(section);
    Duration refresh = section.get(REFRESH);
    WarmSettings warm = WarmSettings.read(section, name, models, modelsPath);
    Optional<String> prefix = section.find(ProviderContext.SYSTEM_PREFIX);
    GoingOn goingOn = GoingOn.read(section);
    SchemaForm schemas = SchemaForm.read(section);
    TransportSettings transport = TransportSettings.read(section, place.orElse(assumed));
    return place.map(known ->
        new Upstream(
            name,
            known,
            headers,
            modelsPath,
            models,
            refresh,
            warm,
            prefix,
            goingOn,
            schemas,
            transport,
            traffic));
  }

  /** Opens the way there; connects nowhere yet. */
  public Transport open(ProviderContext context) {
    return Traffic.open(
        name,
        traffic,
        modelsPath,
        context,
        () -> Transports.open(name, baseUrl, transport, context.telemetry(), context.alarms()));
  }

  private static Optional<BaseUrl> baseUrl(String text, Section section) {
    try {
      return Optional.of(BaseUrl.of(text));
    } catch (IllegalArgumentException refused) {
      section.reject("base_url", "must " + refused.getMessage());
      return Optional.empty();
    }
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
}
