package llm.core.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.EventRing;
import llm.core.store.memory.MemoryValueStore;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ProviderHealth.Status;
import llm.domain.port.ValueStore;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("P-8: the same question is answered from the cache, and asked once at a time")
@Timeout(60)
class ResponseCacheTest {
  private static final StreamEvent STARTED = new StreamEvent.Started("m");
  private static final StreamEvent.Done DONE =
      new StreamEvent.Done(FinishReason.STOP, Usage.of(3, 2));
  private static final Answerer BY = new Answerer("p", "m");

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final ResponseCache cache = new ResponseCache(telemetry, clock);
  private final Values values = new Values();
  private final AtomicInteger asked = new AtomicInteger();
  private CacheSettings settings = CacheSettings.DEFAULTS;
  private volatile ResponseCache.Asker asker = call -> play(call, STARTED, text("Hello"), DONE);

  ResponseCacheTest() {
    cache.keepIn(values);
  }

  /** A store that a test takes away. */
  private final class Values implements ValueStore {
    private final MemoryValueStore store =
        new MemoryValueStore(1 << 20, clock, telemetry.metrics());
    private volatile boolean isAway;
    private volatile String lastKey = "";

    private MemoryValueStore there() throws StoreException {
      if (isAway) {
        throw new StoreException(StoreException.Reason.UNAVAILABLE, "It is away.");
      }
      return store;
    }

    @Override
    public Optional<String> get(String key) throws StoreException {
      lastKey = key;
      return there().get(key);
    }

    @Override
    public void put(String key, String value, Duration life) throws StoreException {
      there().put(key, value, life);
    }

    @Override
    public void remove(String key) throws StoreException {
      there().remove(key);
    }

    @Override
    public boolean isAvailable() {
      return !isAway;
    }

    @Override
    public void close() {}
  }

  @Test
  void theSecondOneIsAHitWithItsAge() throws Exception {
    CallScope first = call("true");
    assertThat(read(first, "Hi")).containsExactly(STARTED, text("Hello"), DONE);
    assertThat(first.notes()).containsEntry("x-llm-cache", "miss").doesNotContainKey("age");
    awaitLanding();
    clock.advance(Duration.ofSeconds(42));
    CallScope second = call("true");
    assertThat(read(second, "Hi")).containsExactly(STARTED, text("Hello"), DONE);
    assertThat(second.notes()).containsEntry("x-llm-cache", "hit").containsEntry("age", "42");
    assertThat(second.answerer()).contains(BY);
    assertThat(asked).hasValue(1);
    assertThat(values.lastKey).matches("llm:[0-9a-f]{64}");
    assertThat(sum("llm_cache_total", "outcome", "hit")).isEqualTo(1);
    assertThat(sum("llm_cache_saved_tokens_total", "kind", "completion")).isEqualTo(2);
  }

  @Test
  void anotherQuestionOrAnotherKeyIsAMiss() throws Exception {
    ask("true", "Hi");
    assertThat(ask("true", "Ho")).isEqualTo("miss");
    CallScope other = call("true", "another key");
    read(other, "Hi");
    assertThat(other.notes()).containsEntry("x-llm-cache", "miss");
    assertThat(asked).hasValue(3);
  }

  @Test
  void keysShareAnswersOnlyWhereConfigured() throws Exception {
    settings = configured("cache: {scope: shared}");
    ask("true", "Hi");
    CallScope other = call("true", "another key");
    read(other, "Hi");
    assertThat(other.notes()).containsEntry("x-llm-cache", "hit");
  }

  @Test
  void theHeaderSaysHowTheCacheIsUsed() throws Exception {
    assertThat(ask("60", "Hi")).isEqualTo("miss");
    clock.advance(Duration.ofSeconds(30));
    assertThat(ask("true", "Hi")).isEqualTo("hit");
    assertThat(ask("30", "Hi")).isEqualTo("miss"); // what is there is too old for it
    clock.advance(Duration.ofSeconds(31));
    assertThat(ask("true", "Hi")).isEqualTo("miss"); // kept for 30 seconds only
    assertThat(ask("refresh", "Hi")).isEqualTo("miss");
    assertThat(ask("NO-STORE", "Hi")).isEqualTo("off");
    assertThat(ask("false", "Hi")).isEqualTo("off");
    assertThat(asked).hasValue(6); // four misses, and two that want none of it
    for (String wrong : List.of("", "yes", "0", "604801", "1.5", "-1", "٣")) {
      CallScope call = call(wrong);
      var failure =
          catchThrowableOfType(LlmException.class, () -> cache.plan(request("Hi"), call, settings));
      assertThat(failure.error().message()).as(wrong).contains("x-llm-cache", "1 to 604800");
    }
  }

  @Test
  void theConfigurationMayUseItAlwaysOrNever() throws Exception {
    settings = configured("cache: {use: always, models: {n: {use: never}}}");
    var silent = open(Principal.LOCAL);
    assertThat(cache.plan(request("Hi"), silent, settings)).isPresent();
    assertThat(cache.plan(request("Hi").withPriority(Priority.BACKGROUND), silent, settings))
        .isEmpty();
    CallScope asking = call("true");
    ChatRequest never = request("Hi").withModel(new ModelName("n"));
    assertThat(cache.plan(never, asking, settings)).isEmpty();
    assertThat(asking.notes()).containsEntry("x-llm-cache", "off");
    assertThat(cache.plan(request("Hi"), silent, CacheSettings.DEFAULTS)).isEmpty();
    assertThat(silent.notes()).isEmpty();
  }

  @Test
  void onlyWholeNormalAnswersOfTheModelItselfAreKept() throws Exception {
    var cut = new StreamEvent.Done(FinishReason.LENGTH, Usage.NONE);
    asker = call -> play(call, STARTED, text("Hel"), cut);
    assertThat(List.of(ask("true", "Hi"), ask("true", "Hi"))).containsOnly("miss");
    asker =
        call -> play(call, STARTED, new StreamEvent.Failed(new LlmError.Internal(), Usage.NONE));
    assertThat(List.of(ask("true", "Hi"), ask("true", "Hi"))).containsOnly("miss");
    asker =
        call -> {
          var answer = play(call, STARTED, text("Echo"), DONE);
          call.answeredBy(new Answerer("makeshift", "mock"));
          return answer;
        };
    assertThat(List.of(ask("true", "Hi"), ask("true", "Hi"))).containsOnly("miss");
    settings = configured("cache: {answer_bytes: 1024}");
    asker = call -> play(call, STARTED, text("x".repeat(1000)), DONE);
    assertThat(List.of(ask("true", "Hi"), ask("true", "Hi"))).containsOnly("miss");
  }

  @Test
  void manyWhoAskTheSameAtOnceAskOnceAndHaveAllOfIt() throws Exception {
    var ring = new CountDownLatch(1);
    var rings = new ArrayList<EventRing>();
    asker =
        call -> {
          call.note("x-llm-attempts", "2");
          call.answeredBy(BY);
          var made = new EventRing(8, call, clock);
          rings.add(made);
          made.offer(STARTED);
          ring.countDown();
          return made;
        };
    var tasks = new ArrayList<FutureTask<List<StreamEvent>>>();
    var calls = new ArrayList<CallScope>();
    for (int i = 0; i < 100; i++) {
      CallScope call = call("true");
      calls.add(call);
      tasks.add(started(() -> read(call, "Hi")));
    }
    ring.await();
    awaitReaders(100);
    rings.getFirst().offer(text("Hel"));
    rings.getFirst().offer(text("lo"));
    rings.getFirst().end(DONE);
    for (var task : tasks) {
      assertThat(task.get()).containsExactly(STARTED, text("Hel"), text("lo"), DONE);
    }
    assertThat(asked).hasValue(1);
    assertThat(calls).allMatch(call -> call.notes().get("x-llm-attempts").equals("2"));
    assertThat(calls.stream().map(call -> call.notes().get("x-llm-cache")))
        .contains("miss")
        .filteredOn("joined"::equals)
        .hasSize(99);
    assertThat(sum("llm_cache_saved_tokens_total", "kind", "prompt")).isEqualTo(3 * 99);
    awaitLanding();
    assertThat(ask("true", "Hi")).isEqualTo("hit");
  }

  @Test
  void theFirstOnesLeavingHarmsNobodyAndTheLastOnesStopsTheModel() throws Exception {
    var upstream = new ArrayList<Call>();
    asker =
        call -> {
          upstream.add(call);
          var ring = new EventRing(8, call, clock);
          ring.offer(STARTED);
          call.onCancel(() -> ring.end(new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE)));
          return ring;
        };
    CallScope first = call("true");
    CallScope second = call("true");
    EventStream<StreamEvent> leading = stream(first, "Hi");
    EventStream<StreamEvent> joined = stream(second, "Hi");
    assertThat(joined.next()).isEqualTo(STARTED);
    first.cancel(CancelReason.CLIENT_GONE);
    leading.close();
    assertThat(upstream.getFirst().cancelled()).isEmpty();
    second.cancel(CancelReason.USER);
    assertThat(joined.next()).isEqualTo(new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE));
    joined.close();
    assertThat(upstream.getFirst().cancelled()).contains(CancelReason.USER);
    awaitLanding();
    assertThat(asked).hasValue(1);
  }

  @Test
  void aRefusalIsToldToAllWhoAreThereAndTheNextOneAsksAnew() throws Exception {
    var gate = new CountDownLatch(1);
    asker =
        _ -> {
          await(gate);
          throw new LlmException(new LlmError.ProviderUnreachable("p", "No connection."));
        };
    var tasks = new ArrayList<FutureTask<LlmException>>();
    for (int i = 0; i < 20; i++) {
      tasks.add(
          started(
              () -> catchThrowableOfType(LlmException.class, () -> stream(call("true"), "Hi"))));
    }
    awaitReaders(20);
    gate.countDown();
    for (var task : tasks) {
      assertThat(task.get().error()).isInstanceOf(LlmError.ProviderUnreachable.class);
    }
    assertThat(asked).hasValue(1);
    asker = call -> play(call, STARTED, text("Hello"), DONE);
    assertThat(ask("true", "Hi")).isEqualTo("miss");
    assertThat(asked).hasValue(2);
  }

  @Test
  void oneWhoseTimeIsOverWaitsNoLonger() throws Exception {
    asker = call -> new EventRing(8, call, clock);
    CallScope call = call("true");
    var waiting = started(() -> catchThrowableOfType(LlmException.class, () -> stream(call, "Hi")));
    awaitReaders(1);
    clock.advance(Duration.ofHours(1));
    assertThat(waiting.get().error()).isInstanceOf(LlmError.DeadlineExceeded.class);
  }

  @Test
  void aStoreThatIsAwayIsPassedOverAndSaid() throws Exception {
    values.isAway = true;
    assertThat(ask("true", "Hi")).isEqualTo("miss");
    assertThat(cache.health().status()).isEqualTo(Status.DOWN);
    assertThat(sum("llm_cache_store_failures_total")).isEqualTo(2);
    assertThat(sum("llm_cache_available")).isZero();
    values.isAway = false;
    assertThat(ask("true", "Hi")).isEqualTo("miss");
    assertThat(ask("true", "Hi")).isEqualTo("hit");
    assertThat(cache.health().status()).isEqualTo(Status.UP);

    values.isAway = true;
    assertThat(ask("true", "Hi")).isEqualTo("miss");
    assertThat(cache.health().status()).isEqualTo(Status.DOWN);
    values.isAway = false;
    assertThat(sum("llm_cache_available")).as("though nobody asked it since").isEqualTo(1);
    assertThat(cache.health().status()).isEqualTo(Status.UP);
  }

  @Test
  void whatCannotBeReadIsRemovedAndAMiss() throws Exception {
    ask("true", "Hi");
    values.put(values.lastKey, "12:llm-answer/0", Duration.ofHours(1));
    assertThat(ask("60", "Hi")).isEqualTo("miss");
    assertThat(values.get(values.lastKey))
        .hasValueSatisfying(v -> assertThat(v).startsWith("12:" + AnswerText.VERSION));
  }

  private static StreamEvent text(String text) {
    return new StreamEvent.TextDelta(text);
  }

  private EventStream<StreamEvent> play(Call call, StreamEvent... events) {
    call.answeredBy(BY);
    var ring = new EventRing(events.length, call, clock);
    for (StreamEvent event : events) {
      if (event instanceof StreamEvent.Terminal end) {
        ring.end(end);
      } else {
        ring.offer(event);
      }
    }
    return ring;
  }

  private String ask(String wish, String words) throws Exception {
    CallScope call = call(wish);
    read(call, words);
    awaitLanding();
    return call.notes().get("x-llm-cache");
  }

  private List<StreamEvent> read(CallScope call, String words) throws Exception {
    var events = new ArrayList<StreamEvent>();
    try (call;
        var stream = stream(call, words)) {
      do {
        events.add(stream.next());
      } while (!(events.getLast() instanceof StreamEvent.Terminal));
    }
    return events;
  }

  private EventStream<StreamEvent> stream(CallScope call, String words) throws LlmException {
    Optional<CachePlan> plan = cache.plan(request(words), call, settings);
    ResponseCache.Asker counting =
        asking -> {
          asked.incrementAndGet();
          return asker.ask(asking);
        };
    return plan.isEmpty()
        ? counting.ask(call)
        : cache.stream(
            new ResponseCache.Question(request(words), _ -> {}, BY::equals),
            call,
            plan.get(),
            counting);
  }

  private static ChatRequest request(String words) {
    return ChatRequest.of(new ModelName("m"), List.of(Message.user(words)));
  }

  private static CacheSettings configured(String yaml) {
    return CacheSettings.read(TestConfig.yaml(yaml).root());
  }

  private CallScope call(String wish) {
    return call(wish, "somebody");
  }

  private CallScope call(String wish, String principal) {
    var call = open(new Principal(principal));
    call.ask("x-llm-cache", wish);
    return call;
  }

  private CallScope open(Principal principal) {
    return CallScope.open(
        new CallId("c"), principal, Optional.empty(), Duration.ofHours(1), clock, _ -> {});
  }

  private double sum(String name, String... labels) {
    return telemetry.metrics().sum(name, labels).orElseThrow();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /** Waits until what was asked for is kept, which is after its end was told. */
  private void awaitLanding() {
    while (sum("llm_cache_flights") > 0) {
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  private void awaitReaders(int readers) {
    while (cache.readers() < readers) {
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  private static <T> FutureTask<T> started(Callable<T> work) {
    var task = new FutureTask<>(work);
    Thread.startVirtualThread(task);
    return task;
  }
}
