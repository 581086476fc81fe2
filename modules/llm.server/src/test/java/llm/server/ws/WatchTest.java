package llm.server.ws;

import static llm.server.ws.ClientFrames.all;
import static llm.server.ws.ClientFrames.close;
import static llm.server.ws.ClientFrames.pong;
import static llm.server.ws.ClientFrames.raw;
import static llm.server.ws.ClientFrames.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Time limits of a connection, by a clock that the test moves. */
@Timeout(120)
class WatchTest {
  private static final Duration PING = Duration.ofSeconds(20);
  private static final Duration PONG = Duration.ofSeconds(10);
  private static final Duration CLOSE = Duration.ofSeconds(5);
  private static final Duration SEND = Duration.ofSeconds(30);
  private static final WebSocketSettings SETTINGS =
      new WebSocketSettings(1 << 20, PING, PONG, CLOSE, SEND);

  private final ManualClock clock = new ManualClock();

  private Rig open(WebSocketHandler handler) throws Exception {
    return Rig.open(handler, SETTINGS, clock);
  }

  /** Echoes once, so that the layer is known to wait for the client. */
  private static void settle(Rig rig) throws Exception {
    rig.send(text("settle"));
    assertThat(rig.receive()).isEqualTo("text settle");
  }

  /** Moves the clock in small steps until {@code what} is done: alarms act on other threads. */
  private void advanceUntil(CompletableFuture<?> what, Duration step) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!what.isDone() && System.nanoTime() < until) {
      clock.advance(step);
      await(what, Duration.ofMillis(100));
    }
    assertThat(what).isDone();
  }

  /**
   * Moves the clock to the next ping. Patient, for a machine that is busy: a clock that runs too
   * far would count as the client's silence.
   */
  private void advanceToPing(CompletableFuture<?> ping, Duration first) {
    clock.advance(first);
    await(ping, Duration.ofSeconds(4));
    for (int i = 0; i < 10 && !ping.isDone(); i++) {
      clock.advance(PONG.dividedBy(4)); // what was sent last was read after the clock had moved
      await(ping, Duration.ofSeconds(2));
    }
    assertThat(ping).isDone();
  }

  private static void await(CompletableFuture<?> what, Duration limit) {
    long until = System.nanoTime() + limit.toNanos();
    while (!what.isDone() && System.nanoTime() < until) {
      Thread.onSpinWait();
    }
  }

  private static CompletableFuture<String> receiving(Rig rig) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return rig.receive();
          } catch (IOException reset) {
            return "end";
          }
        },
        Thread::startVirtualThread);
  }

  @Test
  void pingsASilentClientAndDropsItWhenItStaysSilent() throws Exception {
    var handler = new Rig.Echo();
    try (var rig = open(handler)) {
      settle(rig);
      var ping = receiving(rig);
      clock.advance(PING.minusSeconds(1));
      assertThat(ping).isNotDone();
      advanceToPing(ping, Duration.ofSeconds(1));
      assertThat(ping.get()).isEqualTo("ping ");
      var end = receiving(rig);
      advanceUntil(end, Duration.ofSeconds(1));
      assertThat(end.get()).isEqualTo("end");
      assertThat(rig.line().text("end")).contains("dead_peer");
      assertThat(handler.closed.get().code()).isEqualTo(1006);
    }
  }

  @Test
  void aClientThatAnswersStaysAndIsPingedAgain() throws Exception {
    try (var rig = open(new Rig.Echo())) {
      settle(rig);
      for (int i = 0; i < 3; i++) {
        var ping = receiving(rig);
        advanceToPing(ping, PING);
        assertThat(ping.get()).isEqualTo("ping ");
        rig.send(pong(raw()));
        settle(rig); // the pong was read, too
      }
      rig.send(close(1000, ""));
      assertThat(rig.receiveAll()).containsExactly("close 1000");
    }
  }

  @Test
  void halfAFrameIsNoLifeForEver() throws Exception {
    try (var rig = open(new Rig.Echo())) {
      // In one packet: where the first is answered, the half is known to have come.
      rig.send(all(text("settle"), raw(0x81, 0x85, 1, 2)));
      assertThat(rig.receive()).isEqualTo("text settle");
      var ping = receiving(rig);
      advanceToPing(ping, PING);
      var end = receiving(rig);
      advanceUntil(end, Duration.ofSeconds(2));
      assertThat(end.get()).isEqualTo("end");
      assertThat(rig.line().text("end")).contains("dead_peer");
    }
  }

  @Test
  void aHandlerThatWorksLongDoesNotCountAsTheClientsSilence() throws Exception {
    var working = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    var handler =
        new Rig.Echo() {
          @Override
          public void onText(WebSocket socket, String text) throws WebSocketClosed {
            working.countDown();
            try {
              release.await();
            } catch (InterruptedException stop) {
              Thread.currentThread().interrupt();
            }
            socket.send("done");
          }
        };
    try (var rig = open(handler)) {
      rig.send(text("work"));
      assertThat(working.await(20, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 20; i++) {
        clock.advance(PING);
      }
      release.countDown();
      assertThat(rig.receive()).isEqualTo("text done");
      rig.send(close(1000, ""));
      assertThat(rig.receiveAll()).containsExactly("close 1000");
    }
  }

  @Test
  void dropsAClientThatTakesNothing() throws Exception {
    var failed = new CompletableFuture<Throwable>();
    var begun = new CountDownLatch(1);
    var handler =
        new Rig.Echo() {
          @Override
          public void onText(WebSocket socket, String text) throws WebSocketClosed {
            begun.countDown();
            try {
              while (true) {
                socket.send(new byte[1 << 20]);
              }
            } catch (WebSocketClosed dropped) {
              failed.complete(dropped);
              throw dropped;
            }
          }
        };
    try (var rig = open(handler)) {
      rig.send(text("flood me"));
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue(); // else it would count as silent
      advanceUntil(failed, Duration.ofSeconds(10));
      assertThat(failed.get()).isInstanceOf(WebSocketClosed.class);
      assertThat(rig.line().text("end")).contains("client_stalled");
    }
  }

  @Test
  void waitsForTheAnswerToOurCloseFrameAndNoLonger() throws Exception {
    var handler =
        new Rig.Echo() {
          @Override
          public void onText(WebSocket socket, String text) {
            socket.close(1000, "bye");
          }
        };
    try (var rig = open(handler)) {
      rig.send(text("close"));
      assertThat(rig.receive()).isEqualTo("close 1000");
      var end = receiving(rig);
      clock.advance(CLOSE.minusMillis(1));
      assertThat(handler.closed).isNotDone();
      advanceUntil(end, Duration.ofMillis(1));
      assertThat(end.get()).isEqualTo("end");
      assertThat(rig.line().text("end")).contains("close_unanswered");
      assertThat(handler.closed.get()).isEqualTo(new CloseStatus(1000, "bye"));
    }
  }

  @Test
  void readsOnForASecondAfterAProtocolErrorSoThatTheCloseFrameArrives() throws Exception {
    try (var rig = open(new Rig.Echo())) {
      rig.send(raw(0xFF, 0x80));
      assertThat(rig.receive()).isEqualTo("close 1002");
      rig.send(new byte[10_000]);
      var end = receiving(rig);
      advanceUntil(end, Duration.ofMillis(500));
      assertThat(end.get()).isEqualTo("end");
      assertThat(rig.line().text("end")).contains("protocol_error");
    }
  }

  @Test
  void leavesNoAlarmBehind() throws Exception {
    try (var rig = open(new Rig.Echo())) {
      settle(rig);
      assertThat(clock.alarmCount()).isEqualTo(1);
      rig.send(close(1000, ""));
      rig.receiveAll();
      rig.awaitEnd();
      assertThat(clock.alarmCount()).isZero();
    }
  }
}
