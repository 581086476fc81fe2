package llm.server.ws;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import llm.server.http.HttpSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Another implementation at the other end: the JDK's client through the real server. */
@Timeout(60)
class JdkClientTest {
  private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());

  /** Whole messages in the order they came, then the close. */
  private static final class Heard implements java.net.http.WebSocket.Listener {
    final LinkedBlockingQueue<Object> messages = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public CompletionStage<?> onText(
        java.net.http.WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        messages.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(
        java.net.http.WebSocket socket, ByteBuffer data, boolean last) {
      byte[] part = new byte[data.remaining()];
      data.get(part);
      bytes.writeBytes(part);
      if (last) {
        messages.add(List.of(ByteBuffer.wrap(bytes.toByteArray())));
        bytes.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(java.net.http.WebSocket socket, ByteBuffer message) {
      messages.add("pong " + message.remaining());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(java.net.http.WebSocket socket, int code, String reason) {
      messages.add("close " + code + " " + reason);
      return CompletableFuture.completedStage(null);
    }

    Object next() throws InterruptedException {
      Object next = messages.poll(20, TimeUnit.SECONDS);
      return next == null ? "nothing came" : next;
    }
  }

  @Test
  void everyMessageComesBackAsItWas() throws Exception {
    var random = new Random(SEED);
    try (var server = HandshakeTest.serve(HttpSettings.Engine.OWN);
        var client = HttpClient.newHttpClient()) {
      var heard = new Heard();
      var socket =
          client
              .newWebSocketBuilder()
              .subprotocols("unknown.v9", "one.v1")
              .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + "/ws/echo"), heard)
              .get(20, TimeUnit.SECONDS);
      assertThat(socket.getSubprotocol()).isEqualTo("one.v1");
      for (int round = 0; round < 200; round++) {
        var expected = new ArrayList<Object>();
        if (random.nextBoolean()) {
          String text = text(random);
          int cut =
              text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length()) + 1));
          socket.sendText(text.substring(0, cut), false).get(20, TimeUnit.SECONDS);
          if (random.nextBoolean()) {
            socket.sendPing(ByteBuffer.allocate(3)).get(20, TimeUnit.SECONDS);
            expected.add("pong 3");
          }
          socket.sendText(text.substring(cut), true).get(20, TimeUnit.SECONDS);
          expected.add(text);
        } else {
          byte[] bytes = new byte[random.nextInt(random.nextInt(10) == 0 ? 100_000 : 300)];
          random.nextBytes(bytes);
          socket.sendBinary(ByteBuffer.wrap(bytes), true).get(20, TimeUnit.SECONDS);
          expected.add(List.of(ByteBuffer.wrap(bytes)));
        }
        for (Object one : expected) {
          assertThat(heard.next()).as("seed %d round %d", SEED, round).isEqualTo(one);
        }
      }
      socket.sendClose(4321, "bye").get(20, TimeUnit.SECONDS);
      assertThat(heard.next()).isEqualTo("close 4321 bye");
      client.shutdownNow();
    }
  }

  private static String text(Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(500); i >= 0; i--) {
      int point = random.nextInt(3) == 0 ? random.nextInt(0x110000) : ' ' + random.nextInt(95);
      text.appendCodePoint(point >= 0xD800 && point <= 0xDFFF ? 'x' : point);
    }
    return text.toString();
  }
}
