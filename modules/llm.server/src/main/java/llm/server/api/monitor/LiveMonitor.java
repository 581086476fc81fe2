package llm.server.api.monitor;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import llm.core.concurrent.Alarms;
import llm.core.event.EventBus;
import llm.core.event.LlmEventLog;
import llm.core.telemetry.Level;
import llm.core.telemetry.LineTap;
import llm.core.telemetry.Metrics;
import llm.domain.call.Registration;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.interaction.LlmEvent;
import llm.domain.port.ProviderHealth;
import llm.server.http.Request;
import llm.server.http.Route;
import llm.server.ws.WebSocketEndpoint;
import llm.server.ws.WebSocketHandler;
import llm.server.ws.WebSocketSettings;
import llm.server.ws.WebSockets;

/**
 * {@code WS /ws/monitor}: the events of requests, the lines of the log and, every two seconds,
 * figures, as JSON text messages, to any number of listeners up to a bound. A listener that is too
 * slow is dropped and slows nobody; while nobody listens, nothing is done.
 */
public final class LiveMonitor {
  /** Where it is. */
  public static final String PATH = "/ws/monitor";

  /** The subprotocol it speaks, for clients that must name one. */
  public static final String SUBPROTOCOL = "llm.monitor.v1";

  /** A filter is all that a listener has to say. */
  private static final int MAX_MESSAGE_BYTES = 4 * 1024;

  private static final Duration RETRY_WHEN_FULL = Duration.ofSeconds(5);

  private final MonitorSettings settings;
  private final MonitorHub hub;
  private final String version;
  private final WebSocketEndpoint endpoint;

  /**
   * What there is to be seen.
   *
   * @param log shows the log's lines to a tap, at most one
   * @param health of each provider
   */
  public record Sources(
      Function<LineTap, Registration> log,
      EventBus events,
      Metrics metrics,
      Supplier<Map<String, ProviderHealth>> health) {}

  /** A monitor that nobody listens to yet. */
  public LiveMonitor(
      MonitorSettings settings,
      WebSocketSettings limits,
      WebSockets sockets,
      Sources sources,
      Alarms alarms,
      String version) {
    this.settings = settings;
    this.version = version;
    this.hub =
        new MonitorHub(
            settings, alarms.time(), sources.metrics(), begun -> open(begun, sources, alarms));
    this.endpoint =
        new WebSocketEndpoint(
            sockets,
            limits.withMaxMessageBytes(MAX_MESSAGE_BYTES),
            List.of(SUBPROTOCOL),
            this::accept);
  }

  /** Its routes. */
  public List<Route> routes() {
    return List.of(new Route("GET", PATH, Route.Kind.MONITOR, endpoint));
  }

  private WebSocketHandler accept(Request request) throws LlmException {
    Filter filter = Filter.ofQuery(request.head().query());
    if (hub.isFull()) {
      throw new LlmException(
          new LlmError.Overloaded(
              "places for listeners of the monitor", settings.maxListeners(), RETRY_WHEN_FULL));
    }
    return new MonitorSession(hub, filter, version);
  }

  private static Registration open(MonitorHub hub, Sources sources, Alarms alarms) {
    Registration log =
        sources
            .log()
            .apply(
                (level, bytes, from, length) -> hub.publish(Topic.LOG, level, bytes, from, length));
    Registration events =
        sources.events().subscribe("monitor", LlmEvent.class, event -> show(hub, event));
    var stats = new StatsTick(hub, sources.metrics(), sources.health(), alarms).start();
    return () -> {
      log.close();
      events.close();
      stats.close();
    };
  }

  private static void show(MonitorHub hub, LlmEvent event) {
    LlmEventLog.describe(
            event,
            name ->
                new JsonEntry(
                    name, json -> hub.publish(Topic.EVENT, Level.INFO, json, 0, json.length)))
        .emit();
  }
}
