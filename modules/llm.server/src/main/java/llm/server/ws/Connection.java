package llm.server.ws;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import llm.server.engine.StalledClientException;
import llm.server.engine.TakenConnection;

/**
 * The protocol over one connection. Its thread reads and runs the handler; any thread writes, whole
 * frames under {@link #writeLock}. A close frame is the last thing that is written.
 */
final class Connection implements WebSocket, Watch.Actions {
  private static final String GONE = "client_gone";
  private static final byte[] NOTHING = new byte[0];

  /**
   * How long a client that broke the protocol is still read from: a socket that is closed with
   * unread data resets, and the client would not see the close frame.
   */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private final Opening opening;
  private final TakenConnection connection;
  private final WebSocketHandler handler;
  private final Account account;
  private final Watch watch;
  private final Duration closeLimit;
  private final MessageReader reader;
  private final OutputStream out;

  private final ReentrantLock writeLock = new ReentrantLock();
  private boolean closeSent; // guarded by writeLock
  private boolean opened; // the handler was told; used by the connection's own thread

  private final Object stateLock = new Object();
  private CloseStatus decided; // guarded by stateLock: the first close frame; null before it
  private boolean lost; // guarded by stateLock: nothing can be written any more
  private String end = ""; // guarded by stateLock: how it ended, if not by the closing handshake

  /**
   * What was known before the connection was taken over.
   *
   * @param id the request's id
   * @param subprotocol what was agreed on; may be empty
   */
  record Opening(String id, String subprotocol) {}

  Connection(
      Opening opening,
      TakenConnection connection,
      WebSocketHandler handler,
      WebSocketSettings settings,
      Account account) {
    this.opening = opening;
    this.connection = connection;
    this.handler = handler;
    this.account = account;
    this.watch = new Watch(account.alarms(), settings, this);
    this.closeLimit = settings.close();
    this.reader = new MessageReader(new Heard(connection.input()), settings.maxMessageBytes());
    this.out = connection.output();
  }

  /** Runs it to its end on this thread. */
  void run() {
    watch.start();
    try {
      converse();
    } finally {
      stop();
      tellHandler();
    }
  }

  /** How it ended, once it has: the status of the first close frame, or that it was lost. */
  CloseStatus status() {
    synchronized (stateLock) {
      return decided == null ? CloseStatus.LOST : decided;
    }
  }

  /** How it ended in one word, for the log. */
  String end() {
    synchronized (stateLock) {
      return end.isEmpty() ? "done" : end;
    }
  }

  /** Ends it without another word. */
  void abort(String how) {
    endsAs(how);
    synchronized (stateLock) {
      lost = true;
    }
    connection.close();
  }

  @Override
  public String id() {
    return opening.id;
  }

  @Override
  public String subprotocol() {
    return opening.subprotocol;
  }

  @Override
  public InetSocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public boolean isOpen() {
    synchronized (stateLock) {
      return decided == null && !lost;
    }
  }

  @Override
  public void send(String text) throws WebSocketClosed {
    writeMessage(Frames.of(Frames.TEXT, text.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public void send(byte[] bytes) throws WebSocketClosed {
    writeMessage(Frames.of(Frames.BINARY, bytes));
  }

  @Override
  public void send(OutgoingMessage message) throws WebSocketClosed {
    writeMessage(message.frame());
  }

  @Override
  public void ping(byte[] bytes) throws WebSocketClosed {
    if (bytes.length > Frames.MAX_CONTROL_BYTES) {
      throw new IllegalArgumentException("a ping has 125 bytes at most, not " + bytes.length);
    }
    write(Frames.of(Frames.PING, bytes));
  }

  @Override
  public void close(CloseStatus status) {
    if (!CloseStatus.maySend(status.code())) {
      throw new IllegalArgumentException("close code " + status.code() + " may not be sent");
    }
    closeWith(status, closeLimit);
  }

  /** Writes frames that are whole messages, as many as {@code count}, in one write. */
  void writeMessages(byte[] frames, int length, int count) throws WebSocketClosed {
    write(frames, length);
    account.sent(count);
  }

  @Override
  public void ping() {
    if (!writeLock.tryLock()) {
      return; // a write is under way: its own limit tells whether the client lives
    }
    try {
      if (isWritable()) {
        byte[] frame = Frames.of(Frames.PING, NOTHING);
        put(frame, frame.length);
      }
    } catch (IOException broken) {
      abort(word(broken));
    } finally {
      writeLock.unlock();
    }
  }

  @Override
  public void giveUp(Watch.Verdict verdict) {
    abort(verdict.word());
  }

  private void converse() {
    try {
      unlessClosing(() -> {
        opened = true;
        handler.onOpen(this);
      });
      while (!isFinished(next())) {
        // each message was handled
      }
    } catch (ProtocolFailure broken) {
      endsAs("protocol_error");
      closeWith(broken.status(), shorter(LINGER, closeLimit));
      linger();
    } catch (IOException gone) {
      endsAs(GONE);
    } catch (RuntimeException | Error bug) {
      fail(bug);
      linger();
    }
  }

  private Incoming next() throws IOException {
    watch.listening(true);
    Incoming next = reader.next();
    watch.listening(false);
    return next;
  }

  /** Acts on what came; whether that was the end. */
  private boolean isFinished(Incoming incoming) throws IOException {
    switch (incoming) {
      case Incoming.Text(String text) -> take(() -> handler.onText(this, text));
      case Incoming.Binary(byte[] bytes) -> take(() -> handler.onBinary(this, bytes));
      case Incoming.Ping(byte[] bytes) -> unlessClosing(() -> write(Frames.of(Frames.PONG, bytes)));
      case Incoming.Pong _ -> {
        // that it was heard is all it says
      }
      case Incoming.Close(CloseStatus status) -> {
        closeWith(status, closeLimit);
        return true;
      }
    }
    return false;
  }

  /** What the handler does with a message. */
  @FunctionalInterface
  private interface Step {
    void run() throws WebSocketClosed;
  }

  private void take(Step step) throws WebSocketClosed {
    account.received();
    unlessClosing(step);
  }

  /** Runs it, unless a close frame is on its way: what crosses that is dropped. */
  private void unlessClosing(Step step) throws WebSocketClosed {
    if (!isOpen()) {
      return;
    }
    try {
      step.run();
    } catch (WebSocketClosed closed) {
      if (isLost()) {
        throw closed;
      }
      endsAs("done"); // closed while it was sending: the client's answer is still to be read
    } catch (RuntimeException | Error bug) {
      fail(bug);
    }
  }

  private void fail(Throwable bug) {
    endsAs("failed");
    account.failed(opening.id, bug);
    close(CloseStatus.INTERNAL_ERROR, "internal error");
  }

  /** Decides how it ends, if nobody has, and sends the one close frame. */
  private void closeWith(CloseStatus status, Duration limit) {
    synchronized (stateLock) {
      decided = decided == null ? status : decided;
    }
    watch.closeWithin(limit); // before the lock: a write that stalls must not outlast it
    writeLock.lock();
    try {
      if (isWritable()) {
        closeSent = true;
        byte[] frame = Frames.close(status);
        put(frame, frame.length);
      }
    } catch (IOException broken) {
      abort(word(broken));
    } finally {
      writeLock.unlock();
    }
  }

  private void writeMessage(byte[] frame) throws WebSocketClosed {
    writeMessages(frame, frame.length, 1);
  }

  private void write(byte[] frame) throws WebSocketClosed {
    write(frame, frame.length);
  }

  private void write(byte[] frames, int length) throws WebSocketClosed {
    writeLock.lock();
    try {
      if (!isWritable()) {
        throw new WebSocketClosed("the WebSocket is closed", null);
      }
      put(frames, length);
    } catch (WebSocketClosed closed) {
      throw closed;
    } catch (IOException broken) {
      abort(word(broken));
      throw new WebSocketClosed("the connection was lost", broken);
    } finally {
      writeLock.unlock();
    }
  }

  /** One write of the socket, bounded by the watch; the caller holds the lock. */
  private void put(byte[] frames, int length) throws IOException {
    watch.writeBegins();
    try {
      out.write(frames, 0, length);
      out.flush();
    } finally {
      watch.writeEnds();
    }
    account.wrote(length);
  }

  /** How a write's failure stands in the log; the engine has a limit for writes of its own. */
  private static String word(IOException broken) {
    return broken instanceof StalledClientException ? Watch.Verdict.STALLED.word() : GONE;
  }

  /** The caller holds {@link #writeLock}. */
  private boolean isWritable() {
    return !closeSent && !isLost();
  }

  /** Reads and drops until the client has closed, or the watch does. */
  private void linger() {
    byte[] scratch = new byte[1024];
    try {
      while (connection.input().read(scratch) >= 0) {
        // dropped
      }
    } catch (IOException _) {
      connection.close(); // it is over either way
    }
  }

  private void stop() {
    synchronized (stateLock) {
      lost = true;
    }
    watch.close();
    connection.close();
  }

  private void tellHandler() {
    if (!opened) {
      return;
    }
    try {
      handler.onClose(status());
    } catch (RuntimeException | Error bug) {
      account.failed(opening.id, bug);
    }
  }

  private void endsAs(String how) {
    synchronized (stateLock) {
      end = end.isEmpty() ? how : end;
    }
  }

  private boolean isLost() {
    synchronized (stateLock) {
      return lost;
    }
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  /** The client's bytes, each arrival told to the watch. */
  private final class Heard extends InputStream {
    private final InputStream in;

    private Heard(InputStream in) {
      this.in = in;
    }

    @Override
    public int read() throws IOException {
      int next = in.read();
      watch.heard();
      return next;
    }

    @Override
    public int read(byte[] into, int from, int most) throws IOException {
      int count = in.read(into, from, most);
      watch.heard();
      return count;
    }
  }
}
