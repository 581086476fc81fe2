package llm.server.ws;

import static llm.server.ws.ClientFrames.all;
import static llm.server.ws.ClientFrames.binary;
import static llm.server.ws.ClientFrames.close;
import static llm.server.ws.ClientFrames.ping;
import static llm.server.ws.ClientFrames.text;
import static llm.server.ws.ClientFrames.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a handler can rely on, over real sockets. */
@Timeout(60)
class ConnectionTest {

  /** Gives its socket away as soon as it is open. */
  private static final class Opened extends Rig.Echo {
    final CompletableFuture<WebSocket> socket = new CompletableFuture<>();

    @Override
    public void onOpen(WebSocket opened) {
      socket.complete(opened);
    }

    WebSocket get() throws Exception {
      return socket.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void closesByTheHandshakeWhenTheServerBegins() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      handler.get().close(4001, "enough");
      assertThat(rig.receive()).isEqualTo("close 4001");
      assertThat(handler.closed).isNotDone();
      rig.send(close(4001, ""));
      assertThat(rig.receive()).isEqualTo("end");
      assertThat(handler.closed.get(20, TimeUnit.SECONDS))
          .isEqualTo(new CloseStatus(4001, "enough"));
      assertThat(rig.line().text("end")).contains("done");
    }
  }

  @Test
  void dropsWhatTheClientStillSendsAfterOurCloseFrame() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      handler.get().close(1000, "");
      rig.send(all(text("late"), ping(utf8("x")), close(1000, "")));
      assertThat(rig.receiveAll()).containsExactly("close 1000");
    }
  }

  @Test
  void nothingCanBeSentAfterTheCloseFrameAndASecondOneIsNotSent() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      WebSocket socket = handler.get();
      assertThat(socket.isOpen()).isTrue();
      socket.close(1000, "one");
      socket.close(4000, "two");
      assertThat(socket.isOpen()).isFalse();
      assertThatExceptionOfType(WebSocketClosed.class).isThrownBy(() -> socket.send("x"));
      assertThatExceptionOfType(WebSocketClosed.class).isThrownBy(() -> socket.ping(new byte[0]));
      assertThat(rig.receiveAll()).containsExactly("close 1000");
      rig.awaitEnd();
      assertThat(handler.closed.get().reason()).isEqualTo("one");
    }
  }

  @Test
  void refusesToSendWhatTheProtocolForbids() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      WebSocket socket = handler.get();
      for (int code : new int[] {0, 999, 1004, 1005, 1006, 1015, 2999, 5000}) {
        assertThatIllegalArgumentException().isThrownBy(() -> socket.close(code, ""));
      }
      assertThatIllegalArgumentException().isThrownBy(() -> socket.ping(new byte[126]));
      socket.close(1000, "ü".repeat(100));
      assertThat(rig.receive()).isEqualTo("close 1000"); // the reason was cut to 123 bytes
    }
  }

  @Test
  void tellsTheHandlerThatTheConnectionWasLost() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      handler.get();
      rig.client.close();
      assertThat(handler.closed.get(20, TimeUnit.SECONDS).code()).isEqualTo(1006);
      assertThat(rig.line().text("end")).contains("client_gone");
    }
  }

  @Test
  void closesWith1011WhenTheHandlerThrows() throws Exception {
    var handler =
        new Rig.Echo() {
          @Override
          public void onText(WebSocket socket, String text) {
            throw new IllegalStateException("a bug");
          }
        };
    try (var rig = Rig.open(handler)) {
      rig.send(text("x"));
      assertThat(rig.receiveAll()).containsExactly("close 1011");
      assertThat(rig.line().text("end")).contains("failed");
      var line = rig.telemetry.events("ws_handler_failed").getFirst();
      assertThat(line.text("error").orElseThrow()).contains("a bug");
      assertThat(handler.closed.get().code()).isEqualTo(1011);
    }
  }

  @Test
  void closesWith1003WhatAHandlerDoesNotTake() throws Exception {
    WebSocketHandler deaf = _ -> {};
    try (var rig = Rig.open(deaf)) {
      rig.send(binary(utf8("x")));
      assertThat(rig.receiveAll()).containsExactly("close 1003");
    }
    try (var rig = Rig.open(deaf)) {
      rig.send(text("x"));
      assertThat(rig.receiveAll()).containsExactly("close 1003");
    }
  }

  @Test
  void framesOfManySendersNeverMix() throws Exception {
    var handler = new Opened();
    int senders = 8;
    int each = 200;
    try (var rig = Rig.open(handler);
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      WebSocket socket = handler.get();
      List<Future<?>> sending = new ArrayList<>();
      for (int s = 0; s < senders; s++) {
        String letter = Character.toString('a' + s);
        sending.add(
            threads.submit(() -> {
              for (int i = 0; i < each; i++) {
                socket.send(letter.repeat(1 + i));
              }
              return null;
            }));
      }
      int[] next = new int[senders];
      for (int i = 0; i < senders * each; i++) {
        String received = rig.receive();
        // Longer ones come as length and checksum; shorter ones show their letter.
        if (received.startsWith("text ") && !received.contains(" bytes ")) {
          String body = received.substring(5);
          int sender = body.charAt(0) - 'a';
          assertThat(body).isEqualTo(body.substring(0, 1).repeat(++next[sender]));
        }
      }
      for (Future<?> one : sending) {
        one.get();
      }
      assertThat(next).containsOnly(each);
    }
  }

  @Test
  void countsWhatItCameTo() throws Exception {
    try (var rig = Rig.open(new Rig.Echo())) {
      rig.send(all(text("one"), ping(utf8("p")), binary(utf8("two")), close(1000, "secret words")));
      assertThat(rig.receiveAll()).hasSize(4);
      var line = rig.line();
      assertThat(line.fields())
          .containsEntry("messages_in", 2L)
          .containsEntry("messages_out", 2L)
          .containsEntry("bytes_out", 5L + 3 + 5 + 4 + 12)
          .containsEntry("code", 1000L)
          .containsEntry("request_id", "req-1")
          .containsEntry("principal", "tester");
      assertThat(line.fields().toString()).doesNotContain("secret words");
      assertThat(rig.telemetry.metrics().prometheusText())
          .contains("gateway_ws_connections 0\n")
          .contains("gateway_ws_closed_total{code=\"1000\"} 1\n");
    }
  }

  @Test
  void closesEverybodyWith1001AndLetsNobodyInAfterwards() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      handler.get();
      var closing =
          CompletableFuture.supplyAsync(
              () -> rig.sockets.close(Duration.ofSeconds(20)), Thread::startVirtualThread);
      assertThat(rig.receive()).isEqualTo("close 1001");
      rig.send(close(1001, ""));
      assertThat(rig.receive()).isEqualTo("end");
      assertThat(closing.get(20, TimeUnit.SECONDS)).isTrue();
      assertThatExceptionOfType(LlmException.class).isThrownBy(rig.sockets::requireOpen);
    }
  }

  @Test
  void dropsThoseWhoDoNotAnswerWhenTheTimeToCloseIsOver() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      handler.get();
      assertThat(rig.sockets.close(Duration.ofMillis(50))).isFalse();
      assertThat(rig.line().text("end")).contains("shutdown");
      assertThat(handler.closed.get().code()).isEqualTo(1001);
    }
  }

  @Test
  void anOutboxSendsInOrderAndRefusesWhatDoesNotFit() throws Exception {
    var handler = new Opened();
    try (var rig = Rig.open(handler)) {
      WebSocket socket = handler.get();
      // Fill the sockets, so that the outbox's thread stands in a write.
      var big = OutgoingMessage.binary(new byte[4 << 20]);
      try (var outbox = Outbox.open(socket, new Outbox.Limits(3, 1_000))) {
        assertThat(outbox.offer(big)).as("one message always fits").isTrue();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!outbox.offer(OutgoingMessage.text("a"))) { // until the large one is being written
          assertThat(System.nanoTime()).as("it is never written").isLessThan(until);
          Thread.onSpinWait();
        }
        assertThat(outbox.offer(OutgoingMessage.text("b"))).isTrue();
        assertThat(outbox.offer(OutgoingMessage.text("x".repeat(1_000)))).as("bytes").isFalse();
        assertThat(outbox.offer(OutgoingMessage.text("c"))).isTrue();
        assertThat(outbox.offer(OutgoingMessage.text("d"))).as("messages").isFalse();
        assertThat(rig.receive()).startsWith("binary 4194304 bytes");
        assertThat(rig.receive()).isEqualTo("text a");
        assertThat(rig.receive()).isEqualTo("text b");
        assertThat(rig.receive()).isEqualTo("text c");
      }
    }
  }
}
