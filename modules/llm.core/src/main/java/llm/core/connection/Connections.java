package llm.core.connection;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.WarmPlan;

/**
 * The connections to all providers. Those that are to be kept warm are from {@link #start} on, in
 * threads of their own; anyone may ask for a {@link Handshake} at any time. To one provider there
 * is one ping at a time, whoever asks for it. Thread-safe.
 *
 * <p>Logger {@code llm.conn}: {@code conn_handshake_start}, {@code conn_handshake_finish} at INFO
 * (DEBUG as long as one after the other fails), {@code keep_alive_ping_start}, {@code
 * keep_alive_ping_finish} at DEBUG; {@code connection_lost}, {@code connection_back} and {@code
 * empty_generation_failed} when that changes. Metrics: {@code llm_connection_pings_total}, {@code
 * llm_connection_ping_seconds}.
 */
public final class Connections implements AutoCloseable {
  /** Who asks when nobody does. Its requests keep no connection from going to rest. */
  public static final Principal KEEPER = new Principal("llm.conn");

  private final Models models;
  private final Alarms alarms;
  private final Log log;
  private final PingMetrics metrics;
  private volatile Map<String, Link> links = Map.of(); // replaced as a whole, under this
  private boolean started; // guarded by this

  /** Connections to these providers; nothing happens yet. */
  public Connections(
      List<ChatProvider> providers, Models models, Telemetry telemetry, Alarms alarms) {
    this.models = models;
    this.alarms = alarms;
    this.log = telemetry.log("llm.conn");
    this.metrics = new PingMetrics(telemetry.metrics());
    become(providers);
  }

  /**
   * From now on these are the providers: of those that were there before, connections go on as they
   * are; of others they end or begin.
   */
  public void become(List<ChatProvider> providers) {
    var gone = new ArrayList<Link>();
    var fresh = new ArrayList<Link>();
    synchronized (this) {
      var next = new LinkedHashMap<String, Link>();
      for (ChatProvider provider : providers) {
        Link known = links.get(provider.id());
        boolean same = known != null && known.isTo(provider);
        next.put(provider.id(), same ? known : link(provider));
        if (!same && started) {
          fresh.add(next.get(provider.id()));
        }
      }
      links.values().stream().filter(link -> !next.containsValue(link)).forEach(gone::add);
      links = next;
    }
    gone.forEach(Link::close);
    fresh.forEach(Link::start);
  }

  private Link link(ChatProvider provider) {
    return new Link(provider, models, new LinkEvents(provider.id(), log, metrics), alarms);
  }

  /** Begins to keep warm what is to be kept so. Does not block. */
  public void start() {
    synchronized (this) {
      started = true;
    }
    links.values().forEach(Link::start);
  }

  /** A request goes to {@code provider}: its connection is in use, or is about to be. */
  public void used(String provider, Call call) {
    Link link = links.get(provider);
    if (link != null && !call.principal().equals(KEEPER)) {
      link.used();
    }
  }

  /**
   * Shakes hands with {@code provider} now: a ping, and an empty generation where its plan has one
   * at a handshake. Blocks until it is done, waiting for one under way; at most as long as the
   * call's deadline allows.
   *
   * @throws LlmException when there is no such provider, it has nothing to make ready, or it does
   *     not answer
   */
  public Handshake handshake(String provider, Call call) throws LlmException {
    Link link = links.get(provider);
    if (link == null) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              "provider", "there is no provider '" + provider + "'; there are " + links.keySet()));
    }
    ConnectionWarmer warmer = link.warmer().orElseThrow(() -> nothingToWarm(provider));
    Optional<ModelName> model =
        warmer
            .plan()
            .filter(plan -> plan.generation() != WarmPlan.EmptyGeneration.NEVER)
            .flatMap(WarmPlan::model);
    return link.handshake(warmer, model, call);
  }

  /**
   * Makes {@code model} ready now: a ping of its provider, and an empty generation by it, whatever
   * the plan says. Else as {@link #handshake(String, Call)}.
   */
  public Handshake handshake(ModelName model, Call call) throws LlmException {
    ChatProvider provider = models.providerOf(model);
    ConnectionWarmer warmer =
        provider.connection(model).orElseThrow(() -> nothingToWarm(provider.id()));
    return links.get(provider.id()).handshake(warmer, Optional.of(model), call);
  }

  /** The last handshake with {@code provider} that was made; empty before there was one. */
  public Optional<Handshake> last(String provider) {
    return Optional.ofNullable(links.get(provider)).flatMap(Link::last);
  }

  /** How the connection to {@code provider} is, in a sentence; empty when it is not kept warm. */
  public Optional<String> state(String provider) {
    return Optional.ofNullable(links.get(provider)).flatMap(Link::state);
  }

  /** Ends all pings; idempotent. */
  @Override
  public void close() {
    links.values().forEach(Link::close);
  }

  private static LlmException nothingToWarm(String provider) {
    return new LlmException(
        new LlmError.Unsupported(
            "provider", "Provider '" + provider + "' has no connection to make ready."));
  }
}
