package llm.core.testkit;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** One connection of a {@link FaultUpstream}: reads requests and plays their replies. */
final class FaultConnection {
  private static final int MOST_HEAD_BYTES = 1 << 20;

  private final FaultUpstream upstream;
  private final Socket raw;
  private final int number;
  private Socket socket; // raw, or TLS over it
  private InputStream in;
  private OutputStream out;
  private boolean idle; // guarded by this
  private boolean asked; // at least one request came

  FaultConnection(FaultUpstream upstream, Socket raw, int number) {
    this.upstream = upstream;
    this.raw = raw;
    this.number = number;
    this.socket = raw;
  }

  /** Serves until either side ends the connection. */
  void run(Optional<Reply> greeting, Optional<SSLContext> tls) {
    try (raw) {
      raw.setTcpNoDelay(true);
      use(raw);
      if (greeting.isPresent() && !play(greeting.get())) {
        return;
      }
      if (tls.isPresent()) {
        use(handshake(tls.get()));
      }
      boolean goesOn = true;
      while (goesOn) {
        Received request = readRequest();
        goesOn = play(upstream.replyTo(request));
      }
    } catch (IOException _) {
      close(); // the client left, or spoke no HTTP: scripts of faults expect both
    } finally {
      setIdle(false);
    }
  }

  /** Closes the connection while it waits for a request. */
  synchronized void closeIfIdle() {
    if (idle) {
      close();
    }
  }

  /** Sends bytes while it waits for a request. */
  synchronized void sendIfIdle(String latin1) {
    if (idle) {
      try {
        write(latin1.getBytes(StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Closes the connection, from any thread. */
  void close() {
    try {
      raw.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void use(Socket next) throws IOException {
    socket = next;
    in = new BufferedInputStream(next.getInputStream());
    out = next.getOutputStream();
  }

  private SSLSocket handshake(SSLContext context) throws IOException {
    var secure =
        (SSLSocket) context.getSocketFactory().createSocket(raw, null, raw.getPort(), true);
    secure.setUseClientMode(false);
    var parameters = secure.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"http/1.1"});
    secure.setSSLParameters(parameters);
    secure.startHandshake();
    return secure;
  }

  /** Plays the steps; false when the connection is to end. */
  private boolean play(Reply reply) throws IOException {
    for (Reply.Step step : reply.steps()) {
      switch (step) {
        case Reply.Step.Send(byte[] bytes) -> write(bytes);
        case Reply.Step.Pause(Gate gate) -> gate.pass();
        case Reply.Step.AwaitClose() -> in.transferTo(OutputStream.nullOutputStream());
        case Reply.Step.Tunnel(int port) -> relay(port);
        case Reply.Step.Fin() -> {
          socket.close();
          return false;
        }
        case Reply.Step.Reset() -> {
          raw.setSoLinger(true, 0);
          raw.close();
          return false;
        }
      }
    }
    return true;
  }

  private void write(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  private void relay(int port) throws IOException {
    try (var far = new Socket(InetAddress.getLoopbackAddress(), port)) {
      far.setTcpNoDelay(true);
      Thread back =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  far.getInputStream().transferTo(out);
                  raw.close();
                } catch (IOException _) {
                  close(); // one side left: so must the other
                }
              });
      in.transferTo(far.getOutputStream());
      far.shutdownOutput();
      back.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private Received readRequest() throws IOException {
    List<String> lines = readHead();
    String[] first = lines.getFirst().split(" ", 3);
    if (first.length != 3) {
      throw new IOException("no request line: " + lines.getFirst());
    }
    List<String> fields = lines.subList(1, lines.size());
    var head = new Received(number, first[0], first[1], fields, "");
    int length = head.header("Content-Length").map(Integer::parseInt).orElse(0);
    boolean chunked = head.header("Transfer-Encoding").isPresent();
    byte[] body = chunked ? readChunks() : in.readNBytes(length);
    if (!chunked && body.length < length) {
      throw new EOFException("the body ended early");
    }
    return new Received(
        number, first[0], first[1], fields, new String(body, StandardCharsets.UTF_8));
  }

  private byte[] readChunks() throws IOException {
    var body = new ByteArrayOutputStream();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.writeBytes(in.readNBytes(size));
      readLine();
    }
    readLine();
    return body.toByteArray();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(readLine(), 16);
  }

  private List<String> readHead() throws IOException {
    setIdle(asked);
    var lines = new ArrayList<String>();
    String line = readLine();
    setIdle(false);
    asked = true;
    for (int bytes = 0; !line.isEmpty() && bytes < MOST_HEAD_BYTES; line = readLine()) {
      lines.add(line);
      bytes += line.length();
    }
    return lines.isEmpty() ? List.of("") : lines;
  }

  private String readLine() throws IOException {
    var line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0 || line.length() > MOST_HEAD_BYTES) {
        throw new EOFException("the client closed the connection");
      }
      setIdle(false);
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  private void setIdle(boolean now) {
    boolean changed;
    synchronized (this) {
      changed = idle != now;
      idle = now;
    }
    if (changed) {
      upstream.idleChanged(now ? 1 : -1);
    }
  }
}
