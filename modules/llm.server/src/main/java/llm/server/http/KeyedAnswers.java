package llm.server.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayInputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.domain.call.Principal;
import llm.domain.error.LlmException;
import llm.server.http.guard.ConnectionLost;
import llm.server.http.guard.WriteGuard;

/**
 * The path of a request with a key: its client waits under a call of its own, and the answer is
 * made under another, in its place and by a thread of its own. Thread-safe.
 */
final class KeyedAnswers {
  /** Whoever waits for an answer waits longer than it may take: its own end tells more. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Dispatcher edge;
  private final Repeats repeats;
  private final HttpSettings settings;
  private final Admission admission;
  private final Alarms alarms;

  KeyedAnswers(
      Dispatcher edge, Repeats repeats, HttpSettings settings, Admission admission, Alarms alarms) {
    this.edge = edge;
    this.repeats = repeats;
    this.settings = settings;
    this.admission = admission;
    this.alarms = alarms;
  }

  /** What is asked for, and by whom. */
  record Asked(Dispatcher.Site site, Route route, Optional<String> variable, Principal owner) {}

  /** Whether the request has a key, be it a good one. */
  boolean hasKey(HttpExchange exchange) {
    return exchange.getRequestHeaders().containsKey(Repeats.HEADER);
  }

  /** Answers a request that has a key. */
  void letIn(Visit visit, Asked asked, RequestBody body, HttpExchange exchange, Wire wire)
      throws LlmException, ConnectionLost {
    List<String> keys = exchange.getRequestHeaders().get(Repeats.HEADER);
    Duration budget = settings.requestBudget().plus(PATIENCE);
    try (var call = edge.open(visit, asked.owner(), exchange, budget);
        var _ = Dispatcher.cancelWhenGone(call, exchange);
        var _ = admission.accompany()) {
      visit.under(call);
      var request = new Request(visit.head(), asked.variable(), call, body);
      Repeats.Maker maker = (bytes, recorder) -> begin(visit, exchange, asked, bytes, recorder);
      edge.orRefuse(
          visit,
          wire,
          () -> {
            var errors = edge.errorsOf(visit.head());
            Repeats.Repeated repeated = repeats.answer(keys, request, errors, maker);
            visit.repeats(repeated.how());
            edge.send(visit, repeated.response(), call, wire);
            visit.endedAs(repeated.end().get());
          });
    }
  }

  /** Has the answer made by a thread of its own, which no client's leaving ends. */
  private void begin(
      Visit visit, HttpExchange exchange, Asked asked, byte[] body, Repeats.Recorder recorder)
      throws LlmException {
    Head head = visit.head();
    CallScope call = edge.open(visit, asked.owner(), exchange, settings.requestBudget());
    Admission.Place place;
    try {
      place = admission.enter(call);
    } catch (LlmException full) {
      call.end();
      throw full;
    }
    asked.site().enter().getAsBoolean(); // true: the client's request is in it
    var own = new Visit(head, asked.route().template(), alarms.time().nanoTime());
    own.within(visit.span());
    Thread.ofVirtual()
        .name("generation-" + head.id().value())
        .start(() -> {
          try {
            record(own, asked, body, recorder, call);
          } finally {
            call.end();
            place.close();
            asked.site().leave().run();
          }
        });
  }

  private void record(
      Visit visit, Asked asked, byte[] body, Repeats.Recorder recorder, CallScope call) {
    visit.under(call);
    Head head = visit.head();
    boolean isWhole = false;
    try (var wire = new Wire(recorder.exchange(), WriteGuard.ENGINE, head.id())) {
      recorder.begun(call);
      var own = new RequestBody(new ByteArrayInputStream(body), head, settings.maxBodyBytes());
      var request = new Request(head, asked.variable(), call, own);
      edge.orRefuse(
          visit, wire, () -> edge.send(visit, asked.route().handler().handle(request), call, wire));
      isWhole = true;
    } catch (ConnectionLost lost) {
      visit.endedAs(lost.why().word());
    } finally {
      recorder.ended(visit.end(), isWhole);
    }
  }
}
