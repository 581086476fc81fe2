package llm.core.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.WarmPlan;
import llm.domain.port.WarmPlan.EmptyGeneration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("C-1 connections are kept warm on a schedule")
@Timeout(60)
class ConnectionsTest {
  private static final String FINISHED = "keep_alive_ping_finish";

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofDays(1));
  private final TestWarmer kept = new TestWarmer(Optional.of(TestWarmer.PLAN));
  private Connections connections = over(kept);

  @AfterEach
  void close() {
    connections.close();
    call.close();
  }

  @Test
  void theNextPingComesAnIntervalAfterTheLastOneEnded() throws Exception {
    shakeHands();
    clock.advance(TestWarmer.INTERVAL.minusMillis(1));
    assertThat(telemetry.trail()).doesNotContain("keep_alive_ping_start");
    clock.advance(Duration.ofMillis(1));
    await(() -> kept.begun.get() == 2);
    clock.advance(Duration.ofSeconds(4)); // the ping takes its time
    kept.end(TestWarmer.ANSWERED);
    awaitEvents(FINISHED, 1);
    assertThat(telemetry.events(FINISHED).getFirst().fields())
        .containsEntry("ms", 4_000.0)
        .containsEntry("status", 200L)
        .containsEntry("provider", "w");
    clock.advance(TestWarmer.INTERVAL.minusMillis(1));
    assertThat(kept.begun).hasValue(2);
    clock.advance(Duration.ofMillis(1));
    await(() -> kept.begun.get() == 3);
  }

  @Test
  void itGoesToRestAfterTheIdleTimeAndTheNextRequestWakesIt() throws Exception {
    shakeHands();
    for (int ping = 1; ping <= 3; ping++) {
      ping(TestWarmer.ANSWERED, ping);
    }
    clock.advance(TestWarmer.INTERVAL);
    assertThat(kept.rests).hasValue(1);
    clock.advance(Duration.ofDays(1));
    assertThat(kept.begun).as("nothing more").hasValue(4);
    assertThat(connections.state("w")).hasValueSatisfying(say -> assertThat(say).contains("rest"));

    try (var ours = own()) {
      connections.used("w", ours);
      clock.advance(TestWarmer.INTERVAL);
      assertThat(kept.begun).as("what is asked on our own account wakes nothing").hasValue(4);
    }
    connections.used("w", call);
    clock.advance(TestWarmer.INTERVAL.minusMillis(1));
    assertThat(kept.begun).hasValue(4);
    clock.advance(Duration.ofMillis(1));
    kept.end(TestWarmer.ANSWERED);
    awaitEvents(FINISHED, 4);
  }

  @Test
  void aPlanWithoutAnIdleTimePingsForEver() throws Exception {
    var forEver = new TestWarmer(Optional.of(plan(Duration.ZERO, Duration.ofSeconds(5))));
    connections = over(forEver);
    connections.start();
    forEver.end(TestWarmer.ANSWERED);
    awaitEvents("conn_handshake_finish", 1);
    for (int ping = 1; ping <= 20; ping++) {
      clock.advance(TestWarmer.INTERVAL);
      forEver.end(TestWarmer.ANSWERED);
      awaitEvents(FINISHED, ping);
    }
    assertThat(forEver.rests).hasValue(0);
  }

  @Test
  void changesAreSaidOnceAndCountedEachTime() throws Exception {
    shakeHands();
    ping(TestWarmer.LOST, 1);
    ping(TestWarmer.LOST, 2);
    clock.advance(Duration.ofSeconds(9));
    connections.used("w", call); // one that fails makes no ping needless
    clock.advance(Duration.ofSeconds(1));
    kept.end(TestWarmer.LOST);
    awaitEvents(FINISHED, 3);
    connections.used("w", call);
    ping(TestWarmer.ANSWERED, 4);
    ping(TestWarmer.ANSWERED, 5);
    assertThat(telemetry.trail().stream().filter(name -> name.startsWith("connection_")))
        .containsExactly("connection_lost", "connection_back");
    assertThat(count("failed")).isEqualTo(3);
    assertThat(count("200")).isEqualTo(3);
    assertThat(telemetry.metrics().distribution("llm_connection_ping_seconds").orElseThrow())
        .satisfies(seconds -> assertThat(seconds.count()).isEqualTo(3));
  }

  @Test
  void aProviderThatThrowsIsLoggedAndAskedAgain() throws Exception {
    shakeHands();
    ping(
        _ -> {
          throw new IllegalStateException("bug");
        },
        1);
    assertThat(telemetry.events("provider_threw")).hasSize(1);
    ping(TestWarmer.ANSWERED, 2);
  }

  @Test
  void whoAsksForAHandshakeWaitsForThePingUnderWayAndHasOneOfTheirOwn() throws Exception {
    shakeHands();
    clock.advance(TestWarmer.INTERVAL);
    await(() -> kept.begun.get() == 2);
    var asked = CompletableFuture.supplyAsync(() -> handshake(call), Thread::startVirtualThread);
    kept.end(_ -> OptionalInt.of(204));
    kept.end(_ -> OptionalInt.of(201));
    assertThat(asked.get().status()).hasValue(201);
    assertThat(connections.last("w")).contains(asked.get());
    clock.advance(TestWarmer.INTERVAL); // the schedule goes on
    kept.end(TestWarmer.ANSWERED);
    awaitEvents(FINISHED, 2);
  }

  @Test
  void whoNoLongerWaitsForAHandshakeGetsNone() throws Exception {
    connections.start();
    await(() -> kept.begun.get() == 1);
    var asked =
        CompletableFuture.supplyAsync(
            () ->
                catchThrowableOfType(LlmException.class, () -> connections.handshake("w", call))
                    .error(),
            Thread::startVirtualThread);
    call.cancel(CancelReason.USER);
    assertThat(asked.get()).isEqualTo(new LlmError.Cancelled(CancelReason.USER));
    assertThat(kept.begun).hasValue(1);
    kept.end(TestWarmer.ANSWERED);
  }

  @Test
  void aHandshakeBesideTheScheduleDoesNotStopIt() throws Exception {
    var patient = new TestWarmer(Optional.of(plan(Duration.ZERO, Duration.ofMinutes(1))));
    connections = over(patient);
    connections.start();
    patient.end(TestWarmer.ANSWERED);
    awaitEvents("conn_handshake_finish", 1);
    var asked = CompletableFuture.supplyAsync(() -> handshake(call), Thread::startVirtualThread);
    await(() -> patient.begun.get() == 2);
    clock.advance(TestWarmer.INTERVAL); // a ping is due while the handshake is under way
    patient.end(TestWarmer.ANSWERED);
    asked.get();
    assertThat(telemetry.trail()).doesNotContain("keep_alive_ping_start");
    clock.advance(TestWarmer.INTERVAL);
    patient.end(TestWarmer.ANSWERED);
    awaitEvents(FINISHED, 1);
  }

  @Test
  void aProviderWithoutAPlanIsPingedOnlyWhenAsked() throws Exception {
    var asked = new TestWarmer(Optional.empty());
    connections = over(asked);
    connections.start();
    clock.advance(Duration.ofHours(1));
    assertThat(asked.begun).hasValue(0);
    var made = CompletableFuture.supplyAsync(() -> handshake(call), Thread::startVirtualThread);
    asked.end(_ -> OptionalInt.empty());
    assertThat(made.get().status()).isEmpty();
    assertThat(connections.state("w")).isEmpty();
    assertThat(count("answered")).isEqualTo(1);
  }

  @Test
  void closingEndsThePingUnderWayAndLetsNoOtherBegin() throws Exception {
    connections.start();
    await(() -> kept.begun.get() == 1);
    connections.close();
    awaitEvents("conn_handshake_finish", 1);
    clock.advance(Duration.ofHours(1));
    assertThat(kept.begun).hasValue(1);
    assertThat(telemetry.trail()).doesNotContain("connection_lost");
    assertThat(
            catchThrowableOfType(LlmException.class, () -> connections.handshake("w", call))
                .error())
        .isEqualTo(new LlmError.Cancelled(CancelReason.SHUTDOWN));
  }

  private static WarmPlan plan(Duration idle, Duration patience) {
    return new WarmPlan(
        TestWarmer.INTERVAL, idle, patience, EmptyGeneration.NEVER, Optional.empty());
  }

  private Connections over(TestWarmer provider) {
    return new Connections(List.of(provider), NO_MODELS, telemetry, clock);
  }

  private void shakeHands() throws InterruptedException {
    connections.start();
    kept.end(TestWarmer.ANSWERED);
    awaitEvents("conn_handshake_finish", 1);
  }

  /** Lets an interval pass and ends the ping that it brings, the {@code count}-th. */
  private void ping(TestWarmer.End how, int count) throws InterruptedException {
    clock.advance(TestWarmer.INTERVAL);
    kept.end(how);
    awaitEvents(FINISHED, count);
  }

  private Handshake handshake(Call by) {
    try {
      return connections.handshake("w", by);
    } catch (LlmException failure) {
      throw new AssertionError(failure);
    }
  }

  private CallScope own() {
    return CallScope.open(
        new CallId("own"),
        Connections.KEEPER,
        Optional.empty(),
        Duration.ofDays(3),
        clock,
        failure -> {
          throw new AssertionError(failure);
        });
  }

  private double count(String status) {
    return telemetry
        .metrics()
        .sum("llm_connection_pings_total", "provider", "w", "status", status)
        .orElse(0);
  }

  private void awaitEvents(String name, int count) {
    await(() -> telemetry.events(name).size() >= count);
  }

  private static void await(BooleanSupplier condition) {
    long until = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > until) {
        throw new AssertionError("waited for 20 s");
      }
      Thread.yield();
    }
  }

  private static final Models NO_MODELS =
      new Models() {
        @Override
        public ChatProvider providerOf(ModelName model) throws LlmException {
          throw new LlmException(new LlmError.ModelNotFound(model.value()));
        }

        @Override
        public void generateFromNothing(ModelName model, Call call) {
          throw new AssertionError("nothing is generated here");
        }
      };
}
