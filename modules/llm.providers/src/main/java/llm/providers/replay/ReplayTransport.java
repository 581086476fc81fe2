package llm.providers.replay;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import llm.core.concurrent.Alarms;
import llm.core.dialect.json.JsonOut;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Call;
import llm.providers.replay.Recorded.Field;
import llm.providers.replay.Recorded.Piece;
import llm.providers.replay.Recorded.Request;
import llm.providers.transport.Transport;
import llm.providers.transport.TransportException;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamResponse;

/**
 * Answers from a recording in place of an upstream. Requests are the same with the same method,
 * path and body; the n-th of them gets what the n-th got. One that was not recorded is answered
 * with status 404 and what is nearest.
 *
 * <p>The file is read by the first request, so that a start does not wait for it.
 */
final class ReplayTransport implements Transport {
  private static final int NOT_FOUND = 404;
  private static final int OK = 200;

  private final String provider;
  private final TrafficSettings.Replay settings;
  private final String modelsPath;
  private final Mask mask;
  private final Alarms alarms;
  private final Log log;
  private final Metrics.Counter exchanges;
  private final Set<Replayed> active = ConcurrentHashMap.newKeySet();
  private final ReentrantLock opening = new ReentrantLock();
  private Library library; // guarded by opening; null: not open
  private volatile boolean closed;

  ReplayTransport(
      String provider,
      TrafficSettings settings,
      String modelsPath,
      Telemetry telemetry,
      Alarms alarms) {
    this.provider = provider;
    this.settings = settings.replay().orElseThrow();
    this.modelsPath = modelsPath;
    this.mask = new Mask(settings.secrets());
    this.alarms = alarms;
    this.log = telemetry.log("llm.record");
    this.exchanges =
        telemetry
            .metrics()
            .counter(
                "llm_replayed_exchanges_total",
                "Requests answered from a recording.",
                "provider",
                "result");
  }

  @Override
  public UpstreamResponse send(UpstreamRequest request, Call call) throws TransportException {
    if (closed) {
      throw TransportException.closed();
    }
    var replayed =
        new Replayed(answer(masked(request), call), settings.speed(), alarms, call, active);
    return replayed.head();
  }

  @Override
  public void close() {
    closed = true;
    active.forEach(replayed -> replayed.abort(TransportException.closed()));
    opening.lock();
    try {
      if (library != null) {
        library.close();
      }
    } catch (IOException failure) {
      log.warn("recording_failed").put("provider", provider).cause(failure).emit();
    } finally {
      opening.unlock();
    }
  }

  /** The request as a recording has it. */
  private Request masked(UpstreamRequest request) {
    List<Field> headers =
        request.headers().stream()
            .map(header -> new Field(header.name(), mask.field(header.name(), header.value())))
            .toList();
    return new Request(
        request.method(),
        mask.path(request.path()),
        headers,
        Piece.of(0, mask.body(request.body().bytes())));
  }

  private Recorded answer(Request request, Call call) throws TransportException {
    try {
      Library from = library();
      boolean question = request.body().size() == 0; // a ping, or for models: asked again and again
      Optional<Recorded> found = from.next(request, question || !settings.strict());
      if (found.isPresent()) {
        exchanges.labels(provider, "replayed").increment();
        return found.get();
      }
      if (question && request.path().equals(modelsPath)) {
        return Recorded.made(request, OK, modelList(from.models()));
      }
      return notFound(from, request, call);
    } catch (IOException failure) {
      throw new TransportException(
          TransportException.Kind.CONNECT, "its recording cannot be read: " + failure, failure);
    }
  }

  private Recorded notFound(Library from, Request request, Call call) throws IOException {
    int recorded = from.count(request);
    String why =
        recorded == 0
            ? "it was not recorded; " + from.nearest(request)
            : "it was recorded " + recorded + " times and came more often (replay_strict)";
    String what = request.method() + " " + request.path();
    exchanges.labels(provider, "not_recorded").increment();
    log.warn("replay_not_recorded")
        .call(call)
        .put("provider", provider)
        .put("request", what)
        .put("reason", why)
        .emit();
    var out = new JsonOut(256).object().field("type", "error").name("error").object();
    out.field("type", "not_found_error").field("code", "not_recorded");
    out.field("message", "The recording has no answer to " + what + ": " + why + ".");
    return Recorded.made(request, NOT_FOUND, text(out.endObject().endObject()));
  }

  private static String modelList(List<String> models) {
    var out = new JsonOut(256).object().field("object", "list").name("data").array();
    models.forEach(model -> out.object().field("id", model).field("object", "model").endObject());
    return text(out.endArray().endObject());
  }

  private static String text(JsonOut out) {
    return new String(out.toBytes(), StandardCharsets.UTF_8);
  }

  private Library library() throws IOException, TransportException {
    opening.lock();
    try {
      if (closed) {
        throw TransportException.closed();
      }
      if (library == null) {
        library = Library.open(settings.file(), provider);
        tell(library);
      }
      return library;
    } finally {
      opening.unlock();
    }
  }

  private void tell(Library opened) {
    log.info("replaying")
        .put("provider", provider)
        .put("file", settings.file().toString())
        .put("exchanges", opened.size())
        .put("without_bodies", opened.withoutBodies())
        .put("unreadable", opened.unreadable())
        .emit();
    opened
        .firstUnreadable()
        .ifPresent(line ->
            log.warn("recording_unreadable")
                .put("file", settings.file().toString())
                .put("lines", opened.unreadable())
                .put("first_line", line.number())
                .put("reason", line.problem().orElse(""))
                .emit());
  }
}
