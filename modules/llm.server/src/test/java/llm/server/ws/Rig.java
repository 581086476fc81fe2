package llm.server.ws;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import llm.core.concurrent.Alarms;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.server.engine.TakenConnection;

/** The real layer over a real pair of sockets; the client's end is raw. */
final class Rig implements AutoCloseable {
  static final WebSocketSettings SETTINGS =
      new WebSocketSettings(
          1 << 20,
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(5),
          Duration.ofSeconds(30));

  final RecordingTelemetry telemetry;
  final WebSockets sockets;
  final Socket client;
  private final Socket server;
  private final CompletableFuture<Void> end;
  private final DataInputStream in;

  private Rig(
      WebSocketHandler handler,
      WebSocketSettings settings,
      RecordingTelemetry telemetry,
      WebSockets sockets)
      throws IOException {
    this.telemetry = telemetry;
    this.sockets = sockets;
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      client = new Socket();
      client.setReceiveBufferSize(16 * 1024);
      client.connect(new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort()));
      server = listener.accept();
    }
    client.setTcpNoDelay(true);
    client.setSoTimeout(20_000);
    server.setSendBufferSize(16 * 1024);
    in = new DataInputStream(client.getInputStream());
    end =
        CompletableFuture.runAsync(
            () ->
                sockets.run(
                    new WebSocketEndpoint.Visit("req-1", "/ws/test", "tester"),
                    "",
                    handler,
                    settings,
                    new Pair(server)),
            Thread::startVirtualThread);
  }

  /** With a clock that stands: no limit of time ends what a busy machine does slowly. */
  static Rig open(WebSocketHandler handler) throws IOException {
    return open(handler, SETTINGS, new ManualClock());
  }

  /** With a clock that the test moves. */
  static Rig open(WebSocketHandler handler, WebSocketSettings settings, Alarms alarms)
      throws IOException {
    var telemetry = new RecordingTelemetry();
    return new Rig(handler, settings, telemetry, new WebSockets(alarms, telemetry));
  }

  void send(byte[] bytes) throws IOException {
    client.getOutputStream().write(bytes);
  }

  /** Sends in pieces of {@code step} bytes, each its own packet. */
  void send(byte[] bytes, int step) throws IOException {
    for (int i = 0; i < bytes.length; i += step) {
      client.getOutputStream().write(bytes, i, Math.min(step, bytes.length - i));
    }
  }

  /** The next frame of the server in words; {@code end} when it closed the connection. */
  String receive() throws IOException {
    int first = in.read();
    if (first < 0) {
      return "end";
    }
    int second = in.readUnsignedByte();
    if ((first & 0x70) != 0 || (second & 0x80) != 0) {
      throw new AssertionError("reserved bits or a mask from the server: " + first + " " + second);
    }
    long length = second & 0x7F;
    if (length == 126) {
      length = in.readUnsignedShort();
    } else if (length == 127) {
      length = in.readLong();
    }
    byte[] payload = new byte[(int) length];
    in.readFully(payload);
    return words((first & 0x80) != 0, first & 0xF, payload);
  }

  /**
   * All that comes until the server closes; answers its close frame by ending our side, as a client
   * that has seen enough does.
   */
  List<String> receiveAll() throws IOException {
    var frames = new ArrayList<String>();
    try {
      for (String frame = receive(); !frame.equals("end"); frame = receive()) {
        frames.add(frame);
        if (frame.startsWith("close")) {
          client.shutdownOutput();
        }
      }
    } catch (EOFException cut) {
      frames.add("cut");
    }
    return frames;
  }

  /** Waits until the layer is through with the connection. */
  void awaitEnd() throws Exception {
    end.get(20, TimeUnit.SECONDS);
  }

  /** The connection's line in the log. */
  RecordingTelemetry.Event line() throws Exception {
    awaitEnd();
    return telemetry.events("ws_closed").getFirst();
  }

  static String words(boolean last, int opcode, byte[] payload) {
    String start = last ? "" : "part of ";
    return start
        + switch (opcode) {
          case 0 -> "more " + shown(payload);
          case 1 -> "text " + shown(payload);
          case 2 -> "binary " + hex(payload);
          case 8 -> "close " + status(payload);
          case 9 -> "ping " + hex(payload);
          case 10 -> "pong " + hex(payload);
          default -> "opcode " + opcode;
        };
  }

  private static String status(byte[] payload) {
    return payload.length == 0 ? "" : Integer.toString(ByteBuffer.wrap(payload).getShort());
  }

  private static String shown(byte[] payload) {
    return payload.length > 200 ? digest(payload) : new String(payload, StandardCharsets.UTF_8);
  }

  private static String hex(byte[] payload) {
    return payload.length > 200 ? digest(payload) : HexFormat.of().formatHex(payload);
  }

  private static String digest(byte[] payload) {
    var crc = new CRC32();
    crc.update(payload);
    return payload.length + " bytes " + Long.toHexString(crc.getValue());
  }

  @Override
  public void close() throws IOException {
    client.close();
    server.close();
    end.orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** Says back what it hears. */
  static class Echo implements WebSocketHandler {
    final CompletableFuture<CloseStatus> closed = new CompletableFuture<>();

    @Override
    public void onOpen(WebSocket socket) throws WebSocketClosed {}

    @Override
    public void onText(WebSocket socket, String text) throws WebSocketClosed {
      socket.send(text);
    }

    @Override
    public void onBinary(WebSocket socket, byte[] bytes) throws WebSocketClosed {
      socket.send(bytes);
    }

    @Override
    public void onClose(CloseStatus status) {
      closed.complete(status);
    }
  }

  /** A socket as the engine gives it away. */
  record Pair(Socket socket) implements TakenConnection {
    @Override
    public InputStream input() {
      try {
        return socket.getInputStream();
      } catch (IOException closed) {
        throw new UncheckedIOException(closed);
      }
    }

    @Override
    public OutputStream output() {
      try {
        return socket.getOutputStream();
      } catch (IOException closed) {
        throw new UncheckedIOException(closed);
      }
    }

    @Override
    public void readTimeout(Duration limit) throws IOException {
      socket.setSoTimeout(Math.toIntExact(limit.toMillis()));
    }

    @Override
    public InetSocketAddress remoteAddress() {
      return (InetSocketAddress) socket.getRemoteSocketAddress();
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException failure) {
        throw new UncheckedIOException(failure);
      }
    }
  }
}
