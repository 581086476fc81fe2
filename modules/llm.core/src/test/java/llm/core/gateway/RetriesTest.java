package llm.core.gateway;

import static llm.core.gateway.GatewayFixture.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.CallScope;
import llm.core.gateway.schema.SchemaSettings;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.Gate;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.Answerer;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Registration;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.IdSource;
import llm.domain.port.TimeSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("P-5, P-10: targets that are asked again, on a clock that stands")
@Timeout(30)
class RetriesTest {
  private static final GatewaySettings MOCK_WANTED =
      new GatewaySettings(
          Optional.empty(),
          Optional.empty(),
          Duration.ofSeconds(9),
          Duration.ofSeconds(9),
          1,
          0,
          true,
          SchemaSettings.DEFAULTS,
          false);
  private static final StreamEvent[] ANSWER = {
    new StreamEvent.TextDelta("hello"), new StreamEvent.Done(FinishReason.STOP, new Usage(1, 1, 0))
  };
  private static final LlmError GONE = new LlmError.ProviderUnreachable("a", "No connection.");

  private final ManualClock clock = new ManualClock();
  private Alarms alarms = clock;
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofSeconds(25));

  private Gateway gateway(GatewaySettings settings, String yaml, TestProvider... providers) {
    var config = TestConfig.yaml(yaml);
    var gateway =
        Gateway.of(
            settings,
            List.of(providers).stream().<ProviderSetup>map(ProviderSetup.Ready::new).toList(),
            new Gateway.Routing(config.root(), new Random(1)),
            Catalogue.EMPTY,
            telemetry,
            alarms,
            IdSource.RANDOM,
            _ -> {});
    assertThat(config.problems()).isEmpty();
    return gateway;
  }

  private Gateway gateway(String yaml, TestProvider... providers) {
    return gateway(GatewaySettings.DEFAULTS, yaml, providers);
  }

  /** Fails with these, one after the other, and answers then. */
  private static TestProvider failing(String id, LlmError... errors) {
    var left = new java.util.ArrayDeque<>(List.of(errors));
    return TestProvider.of(
        id,
        (_, _) -> {
          if (!left.isEmpty()) {
            throw new LlmException(left.remove());
          }
          return new TestProvider.Played(ANSWER);
        });
  }

  private static LlmError status(int status, Duration... retryAfter) {
    return new LlmError.ProviderRefused(
        "a", status, Optional.empty(), "No.", List.of(retryAfter).stream().findFirst());
  }

  private LlmError refusal(Gateway gateway, String model) {
    return catchThrowableOfType(LlmException.class, () -> gateway.complete(ask(model, "hi"), call))
        .error();
  }

  private CompletableFuture<ChatResult> begin(Gateway gateway, String model) {
    var result = new CompletableFuture<ChatResult>();
    int before = clock.alarmCount();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(gateway.complete(ask(model, "hi"), call));
          } catch (LlmException refused) {
            result.completeExceptionally(refused);
          }
        });
    GatewayFixture.await(
        () -> retries() > 0 && clock.alarmCount() == before + 1 || result.isDone());
    return result;
  }

  @Test
  void aBusyProviderIsLeftInPeaceAsLongAsItSays() throws Exception {
    var busy =
        failing("a", status(429, Duration.ofSeconds(12)), status(503, Duration.ofSeconds(9)));
    var answer = begin(gateway("resilience: {backoff_base_seconds: 0}", busy), "a");

    clock.advance(Duration.ofMillis(11_999));
    assertThat(busy.asked).hasSize(1);
    clock.advance(Duration.ofMillis(1));
    GatewayFixture.await(() -> retries() == 2 && clock.alarmCount() == 2);
    assertThat(answer).isNotDone();
    clock.advance(Duration.ofSeconds(9));

    assertThat(answer.get(20, TimeUnit.SECONDS).text()).isEqualTo("hello");
    assertThat(call.notes()).containsEntry("x-llm-attempts", "3");
    assertThat(telemetry.events("llm_retry"))
        .extracting(event -> event.text("reason").orElseThrow())
        .containsExactly("429", "503");
    assertThat(telemetry.metrics().prometheusText())
        .contains("llm_retries_total{provider=\"a\",reason=\"429\"} 1");
  }

  @Test
  void theNextTargetIsAskedAtOnceAndAllAgainAfterAPause() throws Exception {
    var first = failing("a", status(429, Duration.ofSeconds(20)));
    var second = failing("b", GONE);
    var answer =
        begin(
            gateway(
                "resilience: {backoff_base_seconds: 1}\n"
                    + "routes: {x: {targets: [{model: a}, {model: b}]}}",
                first,
                second),
            "x");
    assertThat(second.asked).hasSize(1);
    clock.advance(Duration.ofSeconds(1));

    assertThat(answer.get(20, TimeUnit.SECONDS).model()).as("a is still busy").isEqualTo("b");
    assertThat(first.asked).hasSize(1);
  }

  @Test
  void nobodyWaitsLongerThanTheCallLastsOrTheSettingsSay() {
    var beyond = failing("a", status(429, Duration.ofSeconds(26)));
    assertThat(refusal(gateway("", beyond), "a")).isEqualTo(status(429, Duration.ofSeconds(26)));
    var long4 = failing("a", status(429, Duration.ofSeconds(4)));
    var gateway = gateway("resilience: {retry_after_max_seconds: 3}", long4);
    assertThat(refusal(gateway, "a")).isEqualTo(status(429, Duration.ofSeconds(4)));
    assertThat(beyond.asked.size() + long4.asked.size()).isEqualTo(2);
  }

  @Test
  void aCallThatIsCancelledWaitsNoMore() {
    var gone = failing("a", status(503, Duration.ofSeconds(20)));
    var answer = begin(gateway("", gone), "a");
    call.cancel(CancelReason.CLIENT_GONE);
    assertThat(catchThrowableOfType(Exception.class, () -> answer.get(20, TimeUnit.SECONDS)))
        .hasRootCauseInstanceOf(LlmException.class);
    assertThat(gone.asked).hasSize(1);
    assertThat(clock.alarmCount()).as("but the call's own").isEqualTo(1);
  }

  @Test
  void whatWillNotPassIsNotAskedAgain() {
    String now = "resilience: {backoff_base_seconds: 0, attempts: 3}";
    for (int status : new int[] {400, 401, 404, 408, 422, 500, 502}) {
      var provider = failing("a", status(status), status(418));
      assertThat(refusal(gateway(now, provider), "a")).isEqualTo(status(status));
      assertThat(provider.asked).as("status " + status).hasSize(1);
    }
    for (int status : new int[] {429, 503, 504, 529}) {
      var provider = failing("a", status(status), status(status), status(status));
      assertThat(refusal(gateway(now, provider), "a")).isEqualTo(status(status));
      assertThat(provider.asked).as("status " + status).hasSize(3);
    }
  }

  @Test
  void whatTheConfigurationNamesIsAskedAgain() throws LlmException {
    var provider = failing("a", status(500), status(502), GONE);
    var gateway =
        gateway(
            "resilience: {backoff_base_seconds: 0, attempts: 4, retry_500: true, retry_502: true}",
            provider);
    assertThat(gateway.complete(ask("a", "hi"), call).text()).isEqualTo("hello");
    assertThat(provider.asked).hasSize(4);
  }

  @Test
  void anEmptyBudgetEndsIt() {
    String none =
        "resilience: {backoff_base_seconds: 0, retry_budget_reserve: 0, breaker_failures: 99}";
    var provider = failing("a", GONE, GONE, GONE, GONE, GONE, GONE, GONE, GONE);
    var gateway = gateway(none, provider);
    for (int i = 0; i < 5; i++) {
      assertThat(refusal(gateway, "a").code()).isNotNull();
    }
    assertThat(provider.asked).as("five, and one that they paid for").hasSize(6);
    assertThat(telemetry.metrics().prometheusText())
        .contains("llm_retries_unpaid_total{provider=\"a\"}");
  }

  @Test
  void openBreakersAreToldWithTheTimeWhenTheyClose() {
    var provider = failing("a", GONE, GONE, GONE);
    var gateway = gateway("resilience: {breaker_failures: 2, attempts: 1}", provider);
    refusal(gateway, "a");
    refusal(gateway, "a");
    assertThat(refusal(gateway, "a"))
        .isEqualTo(
            new LlmError.ModelUnavailable(
                "a",
                "Provider 'a' could not be reached 2 times in a row and is left alone; try again in"
                    + " 60 s.",
                Optional.of(Duration.ofSeconds(60))));
    assertThat(gateway.health().get("a").detail()).isEqualTo("fine breaker open for 60 s");
  }

  @Test
  void nobodyWaitsForOneThatIsLeftAloneForLonger() throws Exception {
    var provider = failing("a", status(503), status(503), status(503));
    var gateway = gateway("resilience: {breaker_failures: 1, breaker_open_seconds: 11}", provider);

    assertThat(refusal(gateway, "a")).as("at once, though retries are left").isEqualTo(status(503));
    clock.advance(Duration.ofSeconds(11));
    assertThat(refusal(gateway, "a")).as("the trial").isEqualTo(status(503));
    assertThat(provider.asked).hasSize(2);
    assertThat(retries()).isZero();

    String soon = "resilience: {breaker_failures: 1, breaker_open_seconds: 0.001}";
    assertThat(begin(gateway(soon, failing("a", status(503))), "a")).isNotDone();
  }

  @Test
  void theSecondTargetIsAskedAgainThoughTimeGoesOnMeanwhile() throws Exception {
    var first = failing("a", GONE, GONE, GONE);
    var second = failing("b", GONE);
    alarms = ticking();
    var gateway =
        gateway(
            "resilience: {backoff_base_seconds: 0}\n"
                + "routes: {x: {targets: [{model: a}, {model: b}]}}",
            first,
            second);

    assertThat(gateway.complete(ask("x", "hi"), call).model()).isEqualTo("b");
    assertThat(first.asked).hasSize(2);
  }

  /** The clock, on which no two looks see the same time. */
  private Alarms ticking() {
    var ticks = new AtomicLong();
    var time =
        new TimeSource() {
          @Override
          public Instant now() {
            return clock.now();
          }

          @Override
          public long nanoTime() {
            return clock.nanoTime() + ticks.incrementAndGet();
          }
        };
    return new Alarms() {
      @Override
      public Registration at(long atNanos, Runnable action) {
        return clock.at(atNanos - ticks.get(), action);
      }

      @Override
      public TimeSource time() {
        return time;
      }
    };
  }

  @Test
  void theMockStandsInWhereThatIsWantedAndNobodyIsThere() throws LlmException {
    String once = "resilience: {attempts: 1}\nroutes: {x: {targets: [{model: a}, {model: b}]}}";
    var mock = failing("mock");
    var gateway = gateway(MOCK_WANTED, once, failing("a", GONE, GONE), failing("b", GONE), mock);
    ChatResult answer = gateway.complete(ask("x", "hi"), call);

    assertThat(answer.model()).isEqualTo("mock");
    assertThat(call.notes()).containsEntry("x-llm-fallback", "mock");
    assertThat(call.answerer()).contains(new Answerer("mock", "mock"));
    assertThat(gateway.complete(ask("x", "hi"), call).model()).as("b is back").isEqualTo("b");

    var refusing = gateway(MOCK_WANTED, "", failing("a", status(401)), mock);
    assertThat(refusal(refusing, "a")).as("it is there").isEqualTo(status(401));
    assertThat(refusal(gateway(once, failing("a", GONE), failing("b", GONE), mock), "x"))
        .as("nobody wants it")
        .isEqualTo(GONE);
  }

  @Test
  void theMockStandsInOnlyWhenTheSecondOfTwoIsAwayToo() throws Exception {
    String yaml =
        "resilience: {attempts: 1}\n"
            + "routes: {x: {hedge_after_ms: 50, targets: [{model: a}, {model: b}]}}";
    for (boolean comes : new boolean[] {true, false}) {
      var late = new Gate();
      var later = new Gate();
      var first = TestProvider.of("a", (_, _) -> gone(late));
      var second =
          TestProvider.of(
              "b", (_, _) -> comes ? after(later, new TestProvider.Played(ANSWER)) : gone(later));
      var gateway = gateway(MOCK_WANTED, yaml, first, second, failing("mock"));
      var from = new CompletableFuture<String>();
      CallScope own = Calls.open("call", clock, Duration.ofSeconds(25));
      Thread.ofVirtual()
          .start(() -> {
            try {
              gateway.stream(ask("x", "hi"), own).close();
              from.complete(own.answerer().orElseThrow().provider());
            } catch (LlmException refused) {
              from.completeExceptionally(refused);
            }
          });
      GatewayFixture.await(() -> first.asked.size() == 1);
      GatewayFixture.await(() -> {
        clock.advance(Duration.ofMillis(50));
        return second.asked.size() == 1;
      });
      late.open();
      GatewayFixture.await(() -> refusals() == (comes ? 1 : 2));
      later.open();

      assertThat(from.get(20, TimeUnit.SECONDS)).isEqualTo(comes ? "b" : "mock");
    }
  }

  /** Told before they are waited for; while a target is asked there are other alarms. */
  private int retries() {
    return telemetry.events("llm_retry").size();
  }

  private long refusals() {
    return telemetry.events("llm_request").stream()
        .filter(event -> event.text("provider").orElseThrow().equals("a"))
        .count();
  }

  private static EventStream<StreamEvent> gone(Gate until) throws LlmException {
    until.pass();
    throw new LlmException(GONE);
  }

  private static EventStream<StreamEvent> after(Gate until, EventStream<StreamEvent> answer) {
    until.pass();
    return answer;
  }
}
