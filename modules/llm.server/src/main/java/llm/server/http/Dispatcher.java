package llm.server.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.telemetry.Level;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.server.engine.EngineExchange;
import llm.server.engine.TakenConnection;
import llm.server.http.guard.ConnectionLost;
import llm.server.http.guard.WriteGuard;
import llm.server.trace.ServerSpans;

/**
 * The path of every request: identity, gate, route, place, handler, answer, access line. All
 * failures end here, in one of three ways: as an error in the dialect of the path, as a stream's
 * error frame, or, when the client is not there any more, as the end of its connection.
 */
public final class Dispatcher implements HttpHandler {
  private static final String UNMATCHED = "unmatched";
  private static final String UPGRADED = "upgraded";
  private static final String CACHE = "x-llm-cache"; // how a caller wants to be answered
  private static final Admission.Place NO_PLACE = () -> {};

  private final HttpSettings settings;
  private final Supplier<Site> sites;
  private final Admission admission;
  private final Dialects dialects;
  private final Alarms alarms;
  private final IdSource ids;
  private final Log log;
  private final AccessLog accessLog;
  private final ServerSpans spans;
  private final Optional<KeyedAnswers> keyed;

  /** A dispatcher that serves at once. */
  public Dispatcher(
      HttpSettings settings,
      Router router,
      Gate gate,
      Admission admission,
      Dialects dialects,
      Surroundings surroundings) {
    this(
        settings, () -> Site.of(router, gate), admission, dialects, surroundings, Optional.empty());
  }

  /**
   * A dispatcher whose endpoints may be replaced while it serves: each request is with one site
   * from its first byte to its last.
   *
   * @param sites the current one
   * @param repeats answers generations that have a key; empty: keys are passed over
   */
  public Dispatcher(
      HttpSettings settings,
      Supplier<Site> sites,
      Admission admission,
      Dialects dialects,
      Surroundings surroundings,
      Optional<Repeats> repeats) {
    this.settings = settings;
    this.sites = sites;
    this.admission = admission;
    this.dialects = dialects;
    this.alarms = surroundings.alarms();
    this.ids = surroundings.ids();
    this.log = surroundings.telemetry().log("llm.http");
    this.spans = surroundings.spans();
    this.accessLog = new AccessLog(surroundings.telemetry(), alarms.time());
    this.keyed = repeats.map(to -> new KeyedAnswers(this, to, settings, admission, alarms));
  }

  /** What the layer lives with. */
  public record Surroundings(Telemetry telemetry, Alarms alarms, IdSource ids, ServerSpans spans) {
    /** Without tracing. */
    public Surroundings(Telemetry telemetry, Alarms alarms, IdSource ids) {
      this(telemetry, alarms, ids, ServerSpans.OFF);
    }
  }

  /**
   * What a server answers, as one reading of its configuration has it.
   *
   * @param router its endpoints
   * @param gate who may use them
   * @param enter has a request be with it; false when it was replaced and has ended
   * @param leave the end of an {@code enter} that was true
   */
  public record Site(Router router, Gate gate, BooleanSupplier enter, Runnable leave) {
    /** One that is never replaced. */
    static Site of(Router router, Gate gate) {
      return new Site(router, gate, () -> true, () -> {});
    }
  }

  /** How errors look, by what was asked. */
  @FunctionalInterface
  public interface Dialects {
    /** The dialect of the request that begins with {@code head}. */
    ErrorFormat of(Head head);
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    Site site = sites.get();
    while (!site.enter().getAsBoolean()) {
      site = sites.get(); // it was replaced in between
    }
    Visit visit;
    try {
      visit = handle(exchange, site);
    } finally {
      site.leave().run();
    }
    visit.goOn();
  }

  private Visit handle(HttpExchange exchange, Site site) throws IOException {
    var head = Head.of(exchange, ids);
    var match = site.router().match(head.method(), head.path());
    var visit = new Visit(head, template(match), alarms.time().nanoTime());
    var guard = WriteGuard.of(exchange, alarms, settings.limits().write());
    accessLog.began();
    visit.within(spans.begin(incoming(head, match), head.trace()));
    try (var wire = new Wire(exchange, guard, head.id())) {
      try {
        orRefuse(visit, wire, () -> letIn(visit, match, exchange, wire, site));
      } catch (ConnectionLost lost) {
        visit.endedAs(lost.why().word());
        throw lost;
      } finally {
        int status = wire.status() == 0 ? ErrorStatus.CLIENT_CLOSED : wire.status();
        accessLog.ended(visit, status, wire.bytesOut());
        spans.end(visit.span(), status, visit.principal(), visit.end());
      }
    }
    return visit;
  }

  private static String template(Router.Match match) {
    return switch (match) {
      case Router.Match.Found(Route route, _) -> route.template();
      case Router.Match.Options(String template, _) -> template;
      case Router.Match.Missing _ -> UNMATCHED;
    };
  }

  private static ServerSpans.Incoming incoming(Head head, Router.Match match) {
    String authority = head.authorities().isEmpty() ? "" : head.authorities().getFirst();
    return new ServerSpans.Incoming(
        head.id(),
        head.method(),
        head.path(),
        authority,
        template(match),
        kind(match).takesAPlace());
  }

  private static Route.Kind kind(Router.Match match) {
    return match instanceof Router.Match.Found found ? found.route().kind() : Route.Kind.WORK;
  }

  private void letIn(Visit visit, Router.Match match, HttpExchange exchange, Wire wire, Site site)
      throws LlmException, ConnectionLost {
    var kind = kind(match);
    Principal principal = site.gate().admit(visit.head(), kind);
    visit.belongsTo(principal);
    visit.on(kind);
    switch (match) {
      case Router.Match.Missing(LlmError error) -> throw new LlmException(error);
      case Router.Match.Options(_, String allowed) ->
          wire.send(Response.empty().with("allow", allowed));
      case Router.Match.Found(Route route, Optional<String> variable) -> {
        var body =
            new RequestBody(exchange.getRequestBody(), visit.head(), settings.maxBodyBytes());
        if (kind == Route.Kind.GENERATION && keyed.isPresent() && keyed.get().hasKey(exchange)) {
          var asked = new KeyedAnswers.Asked(site, route, variable, principal);
          keyed.get().letIn(visit, asked, body, exchange, wire);
          return;
        }
        try (var call = open(visit, principal, exchange, settings.requestBudget());
            var _ = cancelWhenGone(call, exchange);
            var _ = kind.takesAPlace() ? admission.enter(call) : NO_PLACE) {
          visit.under(call);
          var request = new Request(visit.head(), variable, call, body);
          // The place is held until the last byte: a shutdown waits for it.
          orRefuse(visit, wire, () -> send(visit, route.handler().handle(request), call, wire));
        }
      }
    }
  }

  /** A client that leaves ends its call at once, whether it is streamed to, waits or is queued. */
  static Registration cancelWhenGone(CallScope call, HttpExchange exchange) {
    return exchange instanceof EngineExchange watched
        ? watched.onClientGone(() -> call.cancel(CancelReason.CLIENT_GONE))
        : () -> {};
  }

  /** How errors look to whom the request is from. */
  ErrorFormat errorsOf(Head head) {
    return dialects.of(head);
  }

  /** Runs a step whose failure is answered as an error, and ends the answer. */
  void orRefuse(Visit visit, Wire wire, Step step) throws ConnectionLost {
    try {
      step.run();
    } catch (LlmException failure) {
      // The cause of a client's mistake is of no use in the log, and may quote the request.
      if (failure.getCause() != null && ErrorStatus.of(failure.error()) >= 500) {
        logFailure(visit, failure.error(), failure.getCause());
      }
      refuse(visit, failure.error(), wire);
    } catch (RuntimeException | Error bug) {
      logFailure(visit, new LlmError.Internal(), bug);
      if (wire.status() != 0) {
        throw new ConnectionLost(ConnectionLost.Why.BROKEN, bug);
      }
      refuse(visit, new LlmError.Internal(), wire);
    }
    wire.finish();
  }

  /** A part of answering. */
  @FunctionalInterface
  interface Step {
    void run() throws LlmException, ConnectionLost;
  }

  /** The call that a request works under. */
  CallScope open(Visit visit, Principal principal, HttpExchange exchange, Duration budget) {
    var call =
        CallScope.open(
            visit.head().id(),
            principal,
            visit.span(),
            budget,
            alarms,
            failure -> log.error("cancel_hook_failed").cause(failure).emit());
    call.by(visit.route());
    String cache = exchange.getRequestHeaders().getFirst(CACHE);
    if (cache != null) {
      call.ask(CACHE, cache);
    }
    return call;
  }

  /** Sends an answer, whole or as it comes. */
  void send(Visit visit, Response response, CallScope call, Wire wire)
      throws LlmException, ConnectionLost {
    switch (response) {
      case Response.Full full -> {
        wire.tellOf(call);
        wire.send(full);
      }
      case Response.Upgrade(var headers, Response.Taker taker) -> {
        TakenConnection taken = wire.takeOver(headers);
        visit.endedAs(UPGRADED);
        visit.continuesAs(() -> taker.run(taken));
      }
      case Response.Events(var source, var encoder, var headers) -> {
        var writer =
            new EventsWriter(
                wire,
                call,
                encoder,
                headers,
                alarms,
                settings,
                bug -> logFailure(visit, new LlmError.Internal(), bug));
        accessLog.streams().add(1);
        try {
          visit.endedAs(word(writer.run(source)));
        } finally {
          accessLog.streams().add(-1);
        }
      }
    }
  }

  private static String word(StreamEvent.Terminal terminal) {
    return switch (terminal) {
      case StreamEvent.Done _ -> "done";
      case StreamEvent.Failed failed -> failed.error().code().wireName();
      case StreamEvent.Cancelled cancelled ->
          cancelled.reason() == CancelReason.CLIENT_GONE
              ? ConnectionLost.Why.GONE.word()
              : "cancelled_" + cancelled.reason().name().toLowerCase(Locale.ROOT);
    };
  }

  private void refuse(Visit visit, LlmError error, Wire wire) throws ConnectionLost {
    boolean gone = error.equals(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
    visit.endedAs(gone ? ConnectionLost.Why.GONE.word() : error.code().wireName());
    Head head = visit.head();
    visit.call().ifPresent(wire::tellOf);
    wire.send(ErrorStatus.response(error, dialects.of(head), head.id()));
  }

  private void logFailure(Visit visit, LlmError error, Throwable cause) {
    var level = error instanceof LlmError.Internal ? Level.ERROR : Level.WARN;
    log.at(level, "request_failed")
        .put("request_id", visit.head().id().value())
        .within(visit.span())
        .put("route", visit.route())
        .put("code", error.code().wireName())
        .put("message", error.message())
        .cause(cause)
        .emit();
  }
}
