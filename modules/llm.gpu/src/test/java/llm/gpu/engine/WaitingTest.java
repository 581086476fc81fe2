package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: nobody waits longer than it must")
class WaitingTest {
  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(512).writeTo(folder.resolve("waiting.gguf"));
  }

  @Test
  @Timeout(60) // half of the time that an answer waits for its consumer
  void aConsumerThatReadsIsNoticedThoughTheEngineWaitedForALockMeanwhile() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.settings(4, 1, Duration.ofSeconds(120)))) {
      var armed = new AtomicBoolean();
      var read = new CountDownLatch(1);
      var stream = new AtomicReference<EventStream<StreamEvent>>();
      var call =
          new AskedCall(fixture.call("call"), () -> readOnceAndLosePermit(armed, stream, read));
      stream.set(fixture.engine.submit(request("a", 5), model, call));
      awaitSleep(stream.get());
      armed.set(true);
      fixture.engine.unpin("nothing"); // lets the engine look

      read.await();
      assertThat(drain(stream.get()).terminal()).isInstanceOf(StreamEvent.Done.class);
    }
  }

  /** On the engine's thread, when it has found the ring full: as if it then waited for a lock. */
  private static void readOnceAndLosePermit(
      AtomicBoolean armed, AtomicReference<EventStream<StreamEvent>> stream, CountDownLatch read) {
    if (armed.get() && isEngine(Thread.currentThread()) && armed.getAndSet(false)) {
      try {
        stream.get().next();
      } catch (LlmException impossible) {
        throw new AssertionError(impossible);
      }
      LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
      read.countDown();
    }
  }

  /** Waits until the ring is full, and the engine until its consumer has had its time. */
  private static void awaitSleep(EventStream<StreamEvent> stream) {
    Thread engine =
        Thread.getAllStackTraces().keySet().stream()
            .filter(WaitingTest::isEngine)
            .findFirst()
            .orElseThrow();
    while (!stream.hasReady() || engine.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }

  private static boolean isEngine(Thread thread) {
    return thread.getName().equals("llm-engine-waiting.gguf");
  }

  @Test
  void whoIsParkedGoesOnBeforeOthersOfItsClassBegin() throws Exception {
    var small = settings(new Slots(4, 1), 512, new Prefixes(2, -1));
    try (var stepped = new SteppedEngine(small)) {
      stepped.begin(
          model,
          () -> {
            stepped.ask("one", model, letters("b".repeat(150), 80));
            stepped.ask("two", model, letters("c".repeat(150), 120));
            stepped.ask("parked", model, letters("d".repeat(150), 100));
          });
      stepped.at(
          40, // it has been parked a few steps ago
          () -> {
            for (int i = 0; i < 6; i++) {
              stepped.ask("later " + i, model, letters((char) ('e' + i) + "m".repeat(80), 40));
            }
          });

      stepped.end("later 5");
      assertThat(stepped.end("parked").text()).isEqualTo("a".repeat(100));
      assertThat(stepped.telemetry.metrics().sum("llm_local_parked_total").orElseThrow())
          .isPositive();
      int resumed = stepped.stepsOf("one").getLast(); // then there was room for it
      for (int i = 0; i < 6; i++) {
        assertThat(stepped.end("later " + i).text()).isEqualTo("a".repeat(40));
        assertThat(stepped.stepsOf("later " + i).getFirst())
            .as("later %d", i)
            .isGreaterThan(resumed);
      }
    }
  }

  @Test
  void aFullQueueTellsWhenToComeAgainByHowLongRequestsTook() throws Exception {
    try (var stepped = new SteppedEngine(settings(1, 1))) {
      stepped.at(1, () -> stepped.clock.advance(Duration.ofSeconds(50)));
      stepped.ask("slow", model, letters("m", 1));
      stepped.end("slow");
      stepped.at(
          2,
          () -> {
            for (int i = 0; i < 32; i++) {
              stepped.ask("waits " + i, model, letters("n", 1));
            }
            // 1 s was the guess, 50 s were taken: 10.8 s; half of those that wait and this one
            assertThatThrownBy(() -> stepped.ask("too many", model, letters("n", 1)))
                .isInstanceOfSatisfying(
                    LlmException.class,
                    full ->
                        assertThat(full.error())
                            .isInstanceOfSatisfying(
                                LlmError.QueueFull.class,
                                error ->
                                    assertThat(error.retryAfter())
                                        .isEqualTo(Duration.ofSeconds(179))));
          });
      stepped.ask("busy", model, letters("m", 1));

      assertThat(stepped.end("waits 31").text()).isEqualTo("a");
    }
  }

  @Test
  void aPinThatNobodyWantsAnyMoreIsNotKept() throws Exception {
    try (var stepped = new SteppedEngine(settings(2, 1))) {
      var once = new AtomicBoolean();
      stepped.begin(
          model,
          () -> {
            stepped.pin("pin", model, request("p".repeat(80), 1), Duration.ofHours(1));
            stepped.ask(
                "other",
                model,
                letters("n", 5),
                call ->
                    new AskedCall(
                        call,
                        () -> {
                          // between the look at the pin's call and the step that reads its end
                          if (stepped.stepCount() == 2 && once.compareAndSet(false, true)) {
                            stepped.voice("pin").call().cancel(CancelReason.CLIENT_GONE);
                            stepped.engine.unpin("pin");
                          }
                        }));
          });

      assertThat(stepped.end("pin").end()).isInstanceOf(StreamEvent.Cancelled.class);
      assertThat(stepped.end("other").text()).isEqualTo("aaaaa");
      assertThat(stepped.engine.status().models().getFirst().pinnedTokens()).isZero();
    }
  }
}
