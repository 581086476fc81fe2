package llm.core.resilience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("P-6: leave to ask a provider")
@Timeout(30)
class GuardTest {
  private static final LlmError GONE = new LlmError.ProviderUnreachable("p", "No connection.");

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final Guards guards =
      new Guards(Set.of("mock"), telemetry.metrics(), clock, telemetry.log("llm.gateway"));
  private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

  private static ProviderResilience settings(String yaml) {
    var config = TestConfig.yaml(yaml);
    var settings = ResilienceSettings.read(config.root(), Set.of("p", "mock"));
    assertThat(config.problems()).isEmpty();
    return settings.of("p");
  }

  private static LlmError status(int status) {
    return new LlmError.ProviderRefused("p", status, Optional.empty(), "No.", Optional.empty());
  }

  private Passage enter(String model, ProviderResilience settings) throws LlmException {
    return guards.of("p").enter(model, settings, Calls.open(clock));
  }

  private LlmError refusal(String model, ProviderResilience settings) {
    return catchThrowableOfType(LlmException.class, () -> enter(model, settings)).error();
  }

  @Test
  void oneModelIsLeftAloneForWhatItFailsAndAllOfThemWhenNobodyIsThere() throws LlmException {
    var settings = settings("resilience: {breaker_failures: 2}");
    for (int i = 0; i < 2; i++) {
      enter("a", settings).failed(status(500));
    }
    assertThat(refusal("a", settings))
        .isEqualTo(
            new LlmError.ModelUnavailable(
                "a",
                "Model 'a' failed 2 times in a row and is left alone; try again in 60 s.",
                Optional.of(Duration.ofSeconds(60))));
    enter("b", settings).failed(GONE);
    enter("b", settings).failed(GONE);
    assertThat(refusal("c", settings)).isInstanceOf(LlmError.ModelUnavailable.class);
    assertThat(guards.state("p")).contains("breaker open for 60 s, breaker of a open for 60 s");
    assertThat(telemetry.metrics().prometheusText())
        .contains(
            "llm_breaker_state{provider=\"p\",model=\"*\"} 2",
            "llm_breaker_state{provider=\"p\",model=\"a\"} 2");

    clock.advance(Duration.ofSeconds(60));
    enter("b", settings).succeeded();
    enter("a", settings).succeeded();
    assertThat(guards.state("p")).isEmpty();
    assertThat(telemetry.events("breaker"))
        .extracting(event -> event.text("model").orElse("") + event.text("state").orElse(""))
        .containsExactly("aopen", "*open", "*half_open", "*closed", "ahalf_open", "aclosed");
  }

  @Test
  void callersMistakesAndCancelledCallsAreNoFailuresAnd429Is() throws LlmException {
    var settings = settings("resilience: {breaker_failures: 3}");
    for (int i = 0; i < 9; i++) {
      enter("a", settings).failed(status(i % 2 == 0 ? 400 : 404));
      enter("a", settings).failed(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
    }
    enter("a", settings).failed(status(429));
    enter("a", settings).failed(new LlmError.Cancelled(CancelReason.HEDGE_LOST));
    enter("a", settings).failed(status(429));
    enter("a", settings).failed(new LlmError.ProviderFailed("p", "Cut."));
    assertThat(refusal("a", settings)).isInstanceOf(LlmError.ModelUnavailable.class);
  }

  @Test
  void someProvidersHaveNoBreakers() throws LlmException {
    var settings = settings("resilience: {breaker_failures: 1}");
    for (int i = 0; i < 3; i++) {
      guards.of("mock").enter("mock", settings, Calls.open(clock)).failed(GONE);
    }
    assertThat(guards.state("mock")).isEmpty();
  }

  @Test
  void thoseBeyondTheLimitWaitInTheirOrder() throws Exception {
    var settings = settings("resilience: {providers: {p: {max_concurrent: 1, max_queued: 2}}}");
    Passage first = enter("a", settings);
    for (String name : List.of("second", "third")) {
      int before = clock.alarmCount();
      Thread.ofVirtual().start(() -> enterAndTell(name, settings));
      await(before + 2); // its call's deadline and its wait
    }
    assertThat(refusal("a", settings))
        .isEqualTo(new LlmError.Overloaded("places at provider 'p'", 1, Duration.ofSeconds(1)));
    assertThat(telemetry.metrics().prometheusText())
        .contains(
            "llm_provider_requests_active{provider=\"p\"} 1",
            "llm_provider_requests_queued{provider=\"p\"} 2");
    first.succeeded();
    assertThat(said.poll(20, TimeUnit.SECONDS)).isEqualTo("second");
    assertThat(said.poll(20, TimeUnit.SECONDS)).isEqualTo("third");
  }

  @Test
  void aWaitEndsWithItsTimeOrItsCall() throws Exception {
    var settings =
        settings("resilience: {providers: {p: {max_concurrent: 1, queue_wait_seconds: 2}}}");
    Passage first = enter("a", settings);
    CallScope leaving = Calls.open(clock);
    int before = clock.alarmCount();
    Thread.ofVirtual().start(() -> enterAndTell("stays", settings));
    await(before + 2);
    Thread.ofVirtual()
        .start(() -> {
          try {
            guards.of("p").enter("a", settings, leaving);
          } catch (LlmException refused) {
            said.add("left");
          }
        });
    await(before + 3);
    leaving.cancel(CancelReason.CLIENT_GONE);
    assertThat(said.poll(20, TimeUnit.SECONDS)).isEqualTo("left");
    clock.advance(Duration.ofSeconds(2));
    assertThat(said.poll(20, TimeUnit.SECONDS)).isEqualTo("stays: overloaded");
    first.succeeded();
    first.abandoned();
    enter("a", settings).succeeded();
    assertThat(telemetry.metrics().prometheusText())
        .contains(
            "llm_provider_requests_active{provider=\"p\"} 0",
            "llm_provider_requests_queued{provider=\"p\"} 0");
  }

  @Test
  void whoseTimeEndsInTheQueueHearsThatAndNotThatItIsFull() throws Exception {
    var settings =
        settings("resilience: {providers: {p: {max_concurrent: 1, queue_wait_seconds: 60}}}");
    Passage first = enter("a", settings);
    int before = clock.alarmCount();
    CallScope late = Calls.open(clock, Duration.ofSeconds(5));
    CallScope gone = Calls.open(clock, Duration.ofSeconds(50));
    var errors = new LinkedBlockingQueue<LlmError>();
    for (CallScope call : List.of(late, gone)) {
      int now = clock.alarmCount();
      Thread.ofVirtual()
          .start(() -> {
            try {
              guards.of("p").enter("a", settings, call);
            } catch (LlmException refused) {
              errors.add(refused.error());
            }
          });
      await(now + 1);
    }
    assertThat(clock.alarmCount()).isEqualTo(before + 4);

    clock.advance(Duration.ofSeconds(5));
    assertThat(errors.poll(20, TimeUnit.SECONDS))
        .isInstanceOfSatisfying(
            LlmError.DeadlineExceeded.class,
            error -> {
              assertThat(error.reason()).isEqualTo(CancelReason.DEADLINE);
              assertThat(error.message())
                  .contains("waited for a place at provider 'p', did not end within its 5000 ms");
            });
    gone.cancel(CancelReason.CLIENT_GONE);
    assertThat(errors.poll(20, TimeUnit.SECONDS))
        .isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
    first.succeeded();
    enter("a", settings).succeeded();
  }

  private void enterAndTell(String name, ProviderResilience settings) {
    try {
      Passage passage = enter("a", settings);
      said.add(name);
      passage.succeeded();
    } catch (LlmException refused) {
      said.add(name + ": " + refused.error().code().wireName());
    }
  }

  private void await(int alarms) {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (clock.alarmCount() < alarms) {
      assertThat(System.nanoTime()).isLessThan(until);
      Thread.yield();
    }
  }

  @Test
  void settingsAreReadAndWhatIsWrongIsNamed() {
    var config =
        TestConfig.yaml(
            """
            resilience:
              attempts: 2
              backoff_base_seconds: 0.005
              providers:
                p: {attempts: 4, breaker_open_seconds: 7, max_concurrent: 8}
                nobody: {max_queued: 1}
            """);
    var settings = ResilienceSettings.read(config.root(), Set.of("p", "q"));
    assertThat(settings.of("q").retry().attempts()).isEqualTo(2);
    assertThat(settings.of("q").retry().base()).isEqualTo(Duration.ofMillis(5));
    assertThat(settings.of("q").concurrency().most()).isZero();
    assertThat(settings.of("p").retry().attempts()).isEqualTo(4);
    assertThat(settings.of("p").breaker())
        .isEqualTo(new BreakerSettings(5, Duration.ofSeconds(7), 3));
    assertThat(settings.of("p").concurrency())
        .isEqualTo(new ConcurrencySettings(8, 100, Duration.ofSeconds(10)));
    assertThat(config.problems())
        .singleElement()
        .asString()
        .contains("resilience.providers.nobody.max_concurrent", "is no provider; there are p, q");
  }
}
