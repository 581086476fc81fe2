package llm.server.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * What strict reading means, case by case, over real sockets: each request is sent to our engine
 * and to the JDK's. Where they differ, the row says why ours is right.
 */
@Timeout(60)
class ProbesTest {
  private static final String WAITS = "waits";
  private static final String OK = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

  private static TestEngine own;
  private static TestEngine jdk;

  @BeforeAll
  static void start() throws IOException {
    own = TestEngine.own(TestEngine.ECHO);
    jdk = TestEngine.jdk(TestEngine.ECHO);
  }

  @AfterAll
  static void stop() {
    own.close();
    jdk.close();
  }

  @ParameterizedTest
  @FieldSource("llm.server.engine.Probes#ALL")
  void ours(Probes.Probe probe) throws Exception {
    assertThat(outcome(own, probe)).isEqualTo(probe.ours());
  }

  @ParameterizedTest
  @FieldSource("llm.server.engine.Probes#ALL")
  void theJdks(Probes.Probe probe) throws Exception {
    assertThat(outcome(jdk, probe)).isEqualTo(probe.jdks());
    assertThat(probe.why().isEmpty())
        .as("a difference has its reason, and only a difference")
        .isEqualTo(probe.ours().equals(probe.jdks()));
  }

  /** 0x100000005 is no 5: whoever reads it so takes a part of a body for the next request. */
  @Test
  void aChunkSizeBeyond32BitsIsNoSmallOne() throws Exception {
    String request = Probes.chunked("100000005\r\nhello\r\n0\r\n\r\n");
    for (TestEngine engine : List.of(own, jdk)) {
      try (var client = engine.connect()) {
        client.send(request).socket().shutdownOutput();
        String answer = client.rest();
        if (engine == own) {
          assertThat(answer).isEmpty();
        } else {
          assertThat(answer).startsWith("HTTP/1.1 200").endsWith("POST / hello");
        }
      }
    }
  }

  @Test
  void aRefusalIsShortJsonWithADateAndIsCountedAndLoggedOnce() throws Exception {
    try (var engine = TestEngine.own(TestEngine.ECHO);
        var client = engine.connect()) {
      var answer = client.send("GET /secret\u0001 HTTP/1.1\r\nHost: h\r\n\r\n").answer();
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body())
          .startsWith("{\"error\":{\"code\":\"invalid_request\",\"message\":\"")
          .endsWith("\",\"data\":{}}}");
      assertThat(answer.values("Date")).hasSize(1);
      assertThat(answer.has("Connection: close")).isTrue();
      assertThat(answer.has("Content-Type: application/json")).isTrue();
      assertThat(client.rest()).isEmpty();
      assertThat(engine.metric("http_rejected_total{reason=\"target\"}")).isEqualTo(1);
      var line = engine.telemetry.events("http_rejected").getFirst();
      assertThat(line.text("reason")).contains("target");
      assertThat(line.fields().toString()).doesNotContain("secret");
    }
  }

  @Test
  void manyRefusalsLeaveFewLines() throws Exception {
    var clock = new ManualClock(); // all of them come within one second, however long they take
    try (var engine = TestEngine.at(clock)) {
      for (int i = 0; i < 200; i++) {
        try (var client = engine.connect()) {
          assertThat(client.send("?\r\n\r\n").answer().status()).isEqualTo(400);
        }
      }
      assertThat(engine.metric("http_rejected_total{reason=\"request_line\"}")).isEqualTo(200);
      assertThat(engine.telemetry.events("http_rejected")).hasSize(10);
      clock.advance(Duration.ofSeconds(1));
      try (var client = engine.connect()) {
        client.send("?\r\n\r\n").answer();
      }
      assertThat(engine.telemetry.events("http_rejected").getLast().text("suppressed"))
          .contains("190");
    }
  }

  private static String outcome(TestEngine engine, Probes.Probe probe) throws IOException {
    try (var client = engine.connect()) {
      if (engine == jdk && probe.jdks().equals(WAITS)) {
        client.socket().setSoTimeout(300); // it would wait for ever
      }
      try {
        client.send(probe.request());
        var answer = client.answer(!probe.request().startsWith("HEAD"));
        while (answer.status() == 100) {
          answer = client.answer();
        }
        return answer.status() + (isKept(client) ? " keep" : " close");
      } catch (SocketTimeoutException waiting) {
        return WAITS;
      } catch (EOFException | SocketException closed) {
        return "cut";
      }
    }
  }

  private static boolean isKept(RawClient client) throws IOException {
    try {
      client.send(OK);
      return client.answer().body().startsWith("GET /next");
    } catch (EOFException | SocketException closed) {
      return false;
    }
  }
}
