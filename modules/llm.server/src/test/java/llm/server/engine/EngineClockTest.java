package llm.server.engine;

import static llm.server.engine.TestEngine.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.concurrent.Alarms;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Registration;
import llm.domain.port.TimeSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Limits of time by a clock that the test moves. */
@Timeout(60)
class EngineClockTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final Duration BODY_IDLE = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofSeconds(50);
  private static final EngineLimits LIMITS =
      new EngineLimits(
          10,
          16 * 1024,
          100,
          Duration.ofSeconds(20),
          BODY_IDLE,
          Duration.ofSeconds(600),
          IDLE,
          Duration.ofSeconds(30));

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  private Engine start(Alarms alarms, HttpHandler handler) throws IOException {
    var engine = new Engine(LIMITS, ConnectionLayer.PLAIN, alarms, telemetry);
    engine.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    engine.createContext("/", handler);
    engine.start();
    return engine;
  }

  /** Moves the clock, and waits until the engine has looked at its deadlines since. */
  private void pass(Duration time) {
    clock.advance(time);
    awaitLook();
    clock.advance(Duration.ofSeconds(1)); // the look that waited may have begun before the move
    awaitLook();
  }

  /** The next look is set when one is over, if a connection is left. */
  private void awaitLook() {
    await("a look at the deadlines", () -> clock.alarmCount() == 1 || connections() == 0);
  }

  @Test
  void aConnectionThatAsksForNothingIsClosedWithoutAWord() throws Exception {
    Engine engine = start(clock, TestEngine.ECHO);
    try (var fresh = new RawClient(engine.getAddress().getPort());
        var used = new RawClient(engine.getAddress().getPort())) {
      assertThat(used.send(GET).answer().status()).isEqualTo(200);
      await("both to wait for a request", () -> idle() == 2);
      pass(IDLE.minusSeconds(5));
      assertThat(connections()).isEqualTo(2);
      pass(Duration.ofSeconds(5));
      assertThat(used.rest()).isEmpty();
      assertThat(fresh.rest()).isEmpty();
    } finally {
      engine.stop(0);
    }
  }

  @Test
  void aHeadThatDripsIsAnswered408() throws Exception {
    Engine engine = start(clock, TestEngine.ECHO);
    try (var client = new RawClient(engine.getAddress().getPort())) {
      client.send(GET);
      assertThat(client.answer().status()).isEqualTo(200);
      await("it to wait for a request", () -> idle() == 1);
      client.send("GET / HTTP/1.1\r\nHost: h\r\nX: ");
      await("the head to begin", () -> idle() == 0);
      for (int i = 0; i < 6; i++) {
        client.send("x");
        pass(Duration.ofSeconds(2));
      }
      assertThat(connections()).isEqualTo(1);
      pass(Duration.ofSeconds(5)); // its time may have begun with the first of these moves
      assertThat(client.answer().status()).isEqualTo(408);
    } finally {
      engine.stop(0);
    }
  }

  @Test
  void aHandlerThatTakesItsTimeWithABodyIsNotItsClientsSilence() throws Exception {
    var paused = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    HttpHandler slow =
        exchange -> {
          String start = new String(exchange.getRequestBody().readNBytes(3));
          paused.countDown();
          try {
            goOn.await();
          } catch (InterruptedException stopped) {
            throw new IOException(stopped);
          }
          String rest = new String(exchange.getRequestBody().readAllBytes());
          TestEngine.answer(exchange, 200, start + rest);
        };
    Engine engine = start(clock, slow);
    try (var client = new RawClient(engine.getAddress().getPort())) {
      client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
      paused.await();
      pass(BODY_IDLE.multipliedBy(3));
      client.send("def");
      goOn.countDown();
      var answer = client.answer();
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("abcdef");
    } finally {
      engine.stop(0);
    }
  }

  /** As when a class cannot be loaded for want of a file descriptor. */
  private static final class FailingOnce implements Alarms {
    private final Alarms alarms;
    private final AtomicInteger calls = new AtomicInteger();

    private FailingOnce(Alarms alarms) {
      this.alarms = alarms;
    }

    @Override
    public TimeSource time() {
      return alarms.time();
    }

    @Override
    public Registration at(long atNanos, Runnable action) {
      if (calls.getAndIncrement() == 0) {
        throw new NoClassDefFoundError("no file descriptor to read it by");
      }
      return alarms.at(atNanos, action);
    }
  }

  @Test
  void aConnectionThatCannotBeginIsForgottenAndLaterOnesHaveTheirDeadlines() throws Exception {
    Engine engine = start(new FailingOnce(clock), TestEngine.ECHO);
    try (var unlucky = new RawClient(engine.getAddress().getPort());
        var client = new RawClient(engine.getAddress().getPort())) {
      assertThat(unlucky.rest()).isEmpty();
      assertThat(client.send(GET).answer().status()).isEqualTo(200);
      assertThat(connections()).isEqualTo(1);
      await("it to wait for a request", () -> idle() == 1);
      pass(IDLE);
      assertThat(client.rest()).isEmpty();
      await("it to be forgotten", () -> connections() == 0);
    } finally {
      engine.stop(0);
    }
  }

  private double connections() {
    return telemetry.metrics().sum("http_connections").orElseThrow();
  }

  private double idle() {
    return telemetry.metrics().sum("http_connections_idle").orElseThrow();
  }
}
