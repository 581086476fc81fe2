package llm.server.api;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import llm.core.gateway.Gateway;
import llm.domain.port.ProviderHealth;
import llm.domain.port.ProviderHealth.Status;
import llm.domain.port.TimeSource;
import llm.server.http.Admission;
import llm.server.http.Request;
import llm.server.http.Response;
import llm.server.http.Route;
import tools.jackson.core.JsonGenerator;

/** O-4: whether the process lives, whether it can serve, and how each part is. */
public final class HealthEndpoints {
  /** The name of the service, everywhere. */
  static final String SERVICE = "llm.server";

  private static final int UNAVAILABLE = 503;

  /** What the gateway's detail of a provider that is not there begins with. */
  private static final String ABSENT = "absent";

  /** How the process as a whole is. */
  private enum Overall {
    OK,
    STARTING,
    DEGRADED,
    DRAINING
  }

  private final Gateway gateway;
  private final Set<String> wanted;
  private final Admission admission;
  private final Supplier<StoreStatus> store;
  private final BooleanSupplier started;
  private final TimeSource time;
  private final String version;
  private final long startedNanos;

  /**
   * Endpoints over what can fail.
   *
   * @param wanted providers that the user asked for: one that is absent degrades the whole, where
   *     others that are not set up do not
   * @param store answers at once
   * @param started whether all of the configuration was read and found good
   */
  public HealthEndpoints(
      Gateway gateway,
      Set<String> wanted,
      Admission admission,
      Supplier<StoreStatus> store,
      BooleanSupplier started,
      TimeSource time,
      String version) {
    this.gateway = gateway;
    this.wanted = Set.copyOf(wanted);
    this.admission = admission;
    this.store = store;
    this.started = started;
    this.time = time;
    this.version = version;
    this.startedNanos = time.nanoTime();
  }

  /** Their routes. */
  public List<Route> routes() {
    return List.of(
        new Route("GET", "/health", Route.Kind.PROBE, this::health),
        new Route("GET", "/health/live", Route.Kind.PROBE, this::live),
        new Route("GET", "/health/ready", Route.Kind.PROBE, this::ready));
  }

  private Response health(Request request) {
    var providers = gateway.health();
    StoreStatus kept = store.get();
    return Response.json(
        Json.object(out -> {
          out.writeStringProperty("service", SERVICE);
          out.writeStringProperty("version", version);
          out.writeStringProperty("status", word(overall(providers, kept)));
          out.writeStringProperty("durability", kept.durability());
          store(kept, out);
          check("cache", gateway.cacheHealth(), out);
          limits(out);
          out.writeStringProperty("default_model", gateway.defaultModel());
          out.writeNumberProperty("uptime_seconds", uptimeSeconds());
          out.writeNumberProperty("active_requests", admission.active());
          out.writeObjectPropertyStart("checks");
          providers.forEach((id, health) -> check(id, health, out));
          out.writeEndObject();
        }));
  }

  private Response live(Request request) {
    return Response.json(Json.object(out -> out.writeStringProperty("status", "ok")));
  }

  private Response ready(Request request) {
    if (admission.isDraining()) {
      return notReady("draining", "The server is shutting down.");
    }
    if (!started.getAsBoolean()) {
      return notReady("starting", "The server is still reading its configuration.");
    }
    boolean serves = gateway.health().values().stream().anyMatch(h -> h.status() != Status.DOWN);
    return serves
        ? Response.json(Json.object(out -> out.writeStringProperty("status", "ready")))
        : notReady("not_ready", "No provider can serve; GET /health says why.");
  }

  private static Response notReady(String status, String detail) {
    return Response.json(
        UNAVAILABLE,
        Json.object(out -> {
          out.writeStringProperty("status", status);
          out.writeStringProperty("detail", detail);
        }));
  }

  private Overall overall(Map<String, ProviderHealth> providers, StoreStatus kept) {
    if (admission.isDraining()) {
      return Overall.DRAINING;
    }
    if (!started.getAsBoolean()) {
      return Overall.STARTING;
    }
    boolean degraded =
        !kept.available()
            || gateway.cacheHealth().status() != Status.UP
            || gateway.limits().trouble().isPresent()
            || !servesDefault()
            || providers.entrySet().stream().anyMatch(e -> degrades(e.getKey(), e.getValue()));
    return degraded ? Overall.DEGRADED : Overall.OK;
  }

  private boolean degrades(String id, ProviderHealth health) {
    boolean notSetUp = health.detail().startsWith(ABSENT) && !wanted.contains(id);
    return health.status() != Status.UP && !notSetUp;
  }

  private boolean servesDefault() {
    return gateway.serves(gateway.defaultModel());
  }

  private static void store(StoreStatus kept, JsonGenerator out) {
    Status status = kept.available() ? Status.UP : Status.DOWN;
    out.writeObjectPropertyStart("store");
    out.writeStringProperty("kind", kept.kind());
    out.writeStringProperty("status", status.wireName());
    out.writeEndObject();
  }

  private void limits(JsonGenerator out) {
    gateway
        .limits()
        .trouble()
        .ifPresent(words -> {
          out.writeObjectPropertyStart("limits");
          out.writeStringProperty("status", Status.DEGRADED.wireName());
          out.writeStringProperty("detail", words);
          out.writeEndObject();
        });
  }

  private static void check(String id, ProviderHealth health, JsonGenerator out) {
    out.writeObjectPropertyStart(id);
    out.writeStringProperty("status", health.status().wireName());
    out.writeStringProperty("detail", health.detail());
    out.writeEndObject();
  }

  private long uptimeSeconds() {
    return (time.nanoTime() - startedNanos) / 1_000_000_000;
  }

  private static String word(Overall overall) {
    return overall.name().toLowerCase(Locale.ROOT);
  }
}
