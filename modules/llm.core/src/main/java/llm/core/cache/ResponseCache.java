package llm.core.cache;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import llm.core.cache.CacheMetrics.Outcome;
import llm.core.cache.CacheRule.Scope;
import llm.core.cache.CacheRule.Use;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.ProviderHealth;
import llm.domain.port.ValueStore;

/**
 * Answers that are given again: a question that was answered before is answered by what was kept;
 * one that somebody else is just being answered, by that same answer, from its first event on.
 *
 * <p>The model is asked on a thread and under a call of its own: who asked first may leave, and
 * those who joined are answered all the same; when the last one leaves, the model is stopped. A
 * refusal or a failure is told to all who are there, as the retries and the failover behind this
 * have had their turn; whoever asks after it asks anew.
 *
 * <p>Kept are complete, normal answers of targets that the configuration names for the question. A
 * store that cannot be used is passed over. Flights are of one process: two instances that share a
 * store may ask once each.
 *
 * <p>Thread-safe. Blocks for the first event, as long as the caller's own call lasts.
 */
public final class ResponseCache implements AutoCloseable {
  /** Questions under way that can be joined; beyond them, requests are answered one by one. */
  static final int MOST_FLIGHTS = 10_000;

  private static final String KEY_PREFIX = "llm:";
  private static final String FORM = "llm-request/1"; // of what is digested
  private static final String AGE = "age";

  /** How long a model may take for those who joined one after the other, at least. */
  private static final Duration FLIGHT = Duration.ofMinutes(10);

  private final Map<String, Flight> flights = new ConcurrentHashMap<>();
  private final AnswerStore store;
  private final CacheMetrics metrics;
  private final Alarms alarms;
  private final Log log;

  /** An empty one that keeps nothing until {@link #keepIn}; concurrent questions are joined. */
  public ResponseCache(Telemetry telemetry, Alarms alarms) {
    this.log = telemetry.log("llm.cache");
    this.alarms = alarms;
    this.metrics =
        new CacheMetrics(
            telemetry.metrics(), flights::size, () -> health().status().ordinal() == 0 ? 1 : 0);
    this.store = new AnswerStore(metrics, log);
  }

  /**
   * One question.
   *
   * @param surroundings adds what of the configuration has a part in the answer
   * @param counts whether an answer of this one is the model's, not a makeshift
   */
  public record Question(
      ChatRequest request, Consumer<KeyDigest> surroundings, Predicate<Answerer> counts) {}

  /** Asks a model. */
  @FunctionalInterface
  public interface Asker {
    /**
     * Blocks until it has accepted.
     *
     * @throws LlmException when it did not
     */
    EventStream<StreamEvent> ask(Call call) throws LlmException;
  }

  /**
   * From now on answers are kept there; before, they are not kept. The store stays the caller's.
   */
  public void keepIn(ValueStore values) {
    store.keepIn(values);
  }

  /** Whether the store can be used, as it was when it was last asked. */
  public ProviderHealth health() {
    return store.isAvailable()
        ? new ProviderHealth(ProviderHealth.Status.UP, "Answers are kept.")
        : new ProviderHealth(
            ProviderHealth.Status.DOWN,
            "The store of answers cannot be used; every question goes to its model.");
  }

  /**
   * How a request is to be answered; empty: as if there were no cache.
   *
   * @throws LlmException when the caller's wish cannot be read
   */
  public Optional<CachePlan> plan(ChatRequest request, Call call, CacheSettings settings)
      throws LlmException {
    Optional<String> said = call.asked(CacheWish.HEADER);
    CacheRule rule = settings.rule(request.model().value());
    if (said.isEmpty()) {
      boolean applies = rule.use() == Use.ALWAYS && request.priority() == Priority.INTERACTIVE;
      return applies ? Optional.of(plan(rule, rule.life(), false, settings)) : Optional.empty();
    }
    CacheWish wish = CacheWish.parse(said.get());
    if (rule.use() == Use.NEVER || wish instanceof CacheWish.NoStore) {
      tell(Outcome.OFF, call);
      return Optional.empty();
    }
    return Optional.of(
        switch (wish) {
          case CacheWish.UseFor(Duration life) -> plan(rule, life, false, settings);
          case CacheWish.Refresh _ -> plan(rule, rule.life(), true, settings);
          case CacheWish.Use _, CacheWish.NoStore _ -> plan(rule, rule.life(), false, settings);
        });
  }

  private static CachePlan plan(
      CacheRule rule, Duration life, boolean refreshes, CacheSettings settings) {
    return new CachePlan(life, life, rule.scope(), refreshes, settings.answerBytes());
  }

  /**
   * The answer, kept, joined or asked for; {@code call} is told which by the header {@code
   * x-llm-cache}, and of one that was kept its age in seconds.
   *
   * @throws LlmException when the model refused, or failed before it said anything
   */
  public EventStream<StreamEvent> stream(Question question, Call call, CachePlan plan, Asker asker)
      throws LlmException {
    String key = key(question, call, plan.scope());
    String way = plan.refreshes() ? "refresh " + key : key;
    while (flights.size() < MOST_FLIGHTS) {
      Flight there = flights.get(way);
      if (there == null) {
        var mine = new Flight(plan.answerBytes(), alarms, empty -> flights.remove(way, empty));
        EventStream<StreamEvent> place = mine.join(call).orElseThrow();
        there = flights.putIfAbsent(way, mine);
        if (there == null) {
          return lead(new Lead(question, plan, key, way, mine), place, call, asker);
        }
        place.close(); // somebody else was first
      }
      Optional<EventStream<StreamEvent>> place = there.join(call);
      if (place.isPresent()) {
        return joined(question, there, place.get(), call, plan, asker);
      }
      flights.remove(way, there); // it cannot be joined any more: the next one is
    }
    tell(Outcome.MISS, call);
    return asker.ask(call);
  }

  /** Callers who are with flights now; for tests. */
  int readers() {
    return flights.values().stream().mapToInt(Flight::readers).sum();
  }

  /** Stops what is under way. */
  @Override
  public void close() {
    flights
        .values()
        .forEach(flight -> flight.call().ifPresent(call -> call.cancel(CancelReason.SHUTDOWN)));
  }

  private static String key(Question question, Call call, Scope scope) {
    var key = new KeyDigest().text(FORM).text(scope.name());
    if (scope == Scope.KEY) {
      key.text(call.principal().name());
    }
    RequestKey.add(key, question.request());
    question.surroundings().accept(key);
    return KEY_PREFIX + key.hex();
  }

  private record Lead(Question question, CachePlan plan, String key, String way, Flight flight) {}

  private EventStream<StreamEvent> lead(
      Lead lead, EventStream<StreamEvent> place, Call call, Asker asker) throws LlmException {
    Optional<KeptAnswer> kept = look(lead);
    if (kept.isPresent()) {
      flights.remove(lead.way(), lead.flight());
      lead.flight().found(kept.get());
      place.close();
      return hit(kept.get(), call);
    }
    takeOff(lead, call, asker);
    return begun(lead.flight(), place.next(), place, call, Outcome.MISS);
  }

  private Optional<KeptAnswer> look(Lead lead) {
    try {
      return lead.plan().refreshes()
          ? Optional.empty()
          : store.find(lead.key()).filter(fresh(lead.plan()));
    } catch (RuntimeException | Error bug) {
      flights.remove(lead.way(), lead.flight());
      lead.flight().end(new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE));
      throw bug;
    }
  }

  private EventStream<StreamEvent> joined(
      Question question,
      Flight flight,
      EventStream<StreamEvent> place,
      Call call,
      CachePlan plan,
      Asker asker)
      throws LlmException {
    StreamEvent first = place.next();
    Optional<KeptAnswer> found = flight.found();
    if (found.isEmpty()) {
      return begun(flight, first, place, call, Outcome.JOINED);
    }
    place.close();
    return fresh(plan).test(found.get())
        ? hit(found.get(), call)
        : stream(question, call, plan.refreshing(), asker);
  }

  /** An answer that the model gives now: what is known of it is told before its first event is. */
  private EventStream<StreamEvent> begun(
      Flight flight, StreamEvent first, EventStream<StreamEvent> place, Call call, Outcome outcome)
      throws LlmException {
    flight
        .call()
        .ifPresent(asking -> {
          asking.notes().forEach(call::note);
          asking.answerer().ifPresent(call::answeredBy);
        });
    tell(outcome, call);
    switch (first) {
      case StreamEvent.Failed failed -> {
        call.failureLogged(); // by the one who asked
        place.close();
        throw new LlmException(failed.error());
      }
      case StreamEvent.Cancelled cancelled -> {
        place.close();
        throw new LlmException(new LlmError.Cancelled(cancelled.reason()));
      }
      default -> {
        if (outcome == Outcome.MISS) {
          return new SharedAnswer(first, place, _ -> {});
        }
        log(outcome, call, Optional.empty());
        return new SharedAnswer(first, place, done -> metrics.saved(done.usage()));
      }
    }
  }

  private EventStream<StreamEvent> hit(KeptAnswer answer, Call call) {
    call.answeredBy(answer.by());
    call.note(AGE, Long.toString(age(answer).toSeconds()));
    tell(Outcome.HIT, call);
    metrics.saved(answer.end().usage());
    log(Outcome.HIT, call, Optional.of(answer));
    return new Replay(answer, call);
  }

  private void tell(Outcome outcome, Call call) {
    call.note(CacheWish.HEADER, outcome.word());
    metrics.count(outcome);
  }

  private void log(Outcome outcome, Call call, Optional<KeptAnswer> kept) {
    var line =
        log.info("llm_cached_answer")
            .call(call)
            .put("principal", call.principal().name())
            .put("outcome", outcome.word());
    call.answerer().ifPresent(by -> line.put("model", by.model()).put("provider", by.provider()));
    kept.ifPresent(answer -> {
      Usage usage = answer.end().usage();
      line.put("age_ms", age(answer).toMillis())
          .put("prompt_tokens", usage.promptTokens())
          .put("completion_tokens", usage.completionTokens());
    });
    line.emit();
  }

  /** Asks the model for all who are there and will come. */
  private void takeOff(Lead lead, Call call, Asker asker) {
    Duration asked = call.deadline().budget();
    var asking =
        CallScope.open(
            call.id(),
            call.principal(),
            call.span(), // its questions are part of the request that began it
            asked.compareTo(FLIGHT) > 0 ? asked : FLIGHT,
            alarms,
            failure -> log.error("cancel_hook_failed").cause(failure).emit());
    lead.flight().takesOff(asking);
    Thread.ofVirtual().name("llm-cache-flight").start(() -> fly(lead, asking, asker));
  }

  private void fly(Lead lead, CallScope asking, Asker asker) {
    Flight flight = lead.flight();
    try (asking) {
      var keeper = new AnswerKeeper(lead.plan().answerBytes());
      StreamEvent.Terminal end = pass(flight, asking, asker, keeper);
      if (!(end instanceof StreamEvent.Done)) {
        flights.remove(lead.way(), flight); // whoever tries again asks anew
      }
      flight.end(end);
      if (end instanceof StreamEvent.Done done) {
        keep(lead, asking, keeper, done);
      }
    } finally {
      flights.remove(lead.way(), flight);
    }
  }

  private StreamEvent.Terminal pass(Flight flight, Call asking, Asker asker, AnswerKeeper keeper) {
    try (EventStream<StreamEvent> answer = asker.ask(asking)) {
      while (true) {
        StreamEvent event = answer.next();
        if (event instanceof StreamEvent.Terminal end) {
          return end;
        }
        keeper.add(event);
        if (!flight.say(event, answer.hasReady())) {
          return Cut.of(asking, Usage.NONE); // to nobody
        }
      }
    } catch (LlmException refusal) {
      return new StreamEvent.Failed(refusal.error(), Usage.NONE);
    } catch (RuntimeException | Error bug) {
      log.error("cache_flight_failed").call(asking).cause(bug).emit();
      return new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE);
    }
  }

  private void keep(Lead lead, Call asking, AnswerKeeper keeper, StreamEvent.Done end) {
    Optional<Answerer> by = asking.answerer().filter(lead.question().counts());
    if (by.isEmpty() || !AnswerKeeper.isNormal(end) || asking.cancelled().isPresent()) {
      return;
    }
    keeper
        .events()
        .map(events -> new KeptAnswer(alarms.time().now(), by.get(), events, end))
        .ifPresent(answer -> store.keep(lead.key(), answer, lead.plan().life()));
  }

  private Predicate<KeptAnswer> fresh(CachePlan plan) {
    return answer -> age(answer).compareTo(plan.oldest()) < 0;
  }

  private Duration age(KeptAnswer answer) {
    Duration age = Duration.between(answer.made(), alarms.time().now());
    return age.isNegative() ? Duration.ZERO : age; // another machine's clock
  }
}
