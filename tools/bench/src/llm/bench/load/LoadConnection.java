package llm.bench.load;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** One connection of a load: asks, reads the answer, checks it, asks again. */
final class LoadConnection implements ResponseReader.Listener {
  private static final int MESSAGE_CHARS = 600;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final LoadThread thread;
  private final Load.Plan plan;
  private static final AtomicLong NUMBERS = new AtomicLong(); // of requests that differ

  private final ByteBuffer request;
  private final int numberAt; // in the request; below 0: nowhere
  private final ResponseReader reader = new ResponseReader(this);
  private SocketChannel channel;
  private SelectionKey key;
  private boolean busy;
  private long asked;
  private long now;
  private long retryAt;

  LoadConnection(LoadThread thread, Load.Plan plan) {
    this.thread = thread;
    this.plan = plan;
    // A direct buffer: a heap one would be copied for every write.
    this.request = ByteBuffer.allocateDirect(plan.request().length).put(plan.request()).flip();
    this.numberAt = Load.numberAt(plan.request());
  }

  SocketChannel channel() {
    return channel;
  }

  boolean busy() {
    return busy;
  }

  /** Asks, over a new connection when there is none. */
  void begin() {
    try {
      if (channel == null) {
        connect();
      }
      ask();
    } catch (IOException e) {
      broken(e);
    }
  }

  /** Asks when the last attempt failed long enough ago, else waits on. */
  void beginAgain() {
    if (System.nanoTime() >= retryAt) {
      begin();
    } else {
      thread.retry(this);
    }
  }

  private void connect() throws IOException {
    channel = SocketChannel.open(plan.address());
    thread.opened(1);
    channel.configureBlocking(false);
    channel.socket().setTcpNoDelay(true);
    key = channel.register(thread.selector(), SelectionKey.OP_READ, this);
  }

  private void ask() throws IOException {
    reader.reset();
    busy = true;
    asked = System.nanoTime();
    request.rewind();
    number();
    flush();
  }

  /** Makes the request another one than all before, where it has a place for that. */
  private void number() {
    if (numberAt < 0) {
      return;
    }
    long rest = NUMBERS.incrementAndGet();
    for (int i = Load.NUMBER.length() - 1; i > 0; i--) {
      request.put(numberAt + i, (byte) ('0' + rest % 10));
      rest /= 10;
    }
  }

  void flush() throws IOException {
    channel.write(request);
    int wanted =
        request.hasRemaining()
            ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
            : SelectionKey.OP_READ;
    if (key.interestOps() != wanted) {
      key.interestOps(wanted);
    }
  }

  void received(byte[] bytes, int count) throws IOException {
    now = System.nanoTime();
    int at = reader.read(bytes, 0, count);
    if (!reader.done()) {
      return;
    }
    if (at < count || !busy) {
      throw new IOException("bytes that belong to no answer");
    }
    finish();
  }

  private void finish() throws IOException {
    busy = false;
    boolean right =
        reader.status() == 200 && (plan.tokens() < 0 || reader.tokens() == plan.tokens());
    if (right) {
      thread.current().latency().add(now - asked);
      thread.answered(reader.tokens());
    } else {
      thread.failed("an answer with " + reader.tokens() + " tokens: " + seen());
      askLater();
    }
    if (reader.closes()) {
      close();
    }
    if (right && !plan.once() && thread.running()) {
      begin();
    }
  }

  @Override
  public void firstToken() {
    thread.current().firstToken().add(now - asked);
  }

  @Override
  public void stamp(long nanos) {
    thread.current().delay().add(now - nanos);
  }

  /** The server closed the connection: usual between two requests, an error within one. */
  void ended() throws IOException {
    if (busy) {
      throw new IOException("the connection ended within an answer");
    }
    close();
  }

  void broken(Exception e) {
    thread.failed(e + " " + seen());
    busy = false;
    close();
    askLater();
  }

  private void askLater() {
    retryAt = System.nanoTime() + RETRY_NANOS;
    thread.retry(this);
  }

  private String seen() {
    String text = reader.head() + reader.tail();
    return plan.name() + ": " + text.substring(0, Math.min(text.length(), MESSAGE_CHARS)).strip();
  }

  void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        thread.failed("closing failed: " + e);
      }
      channel = null;
      thread.opened(-1);
    }
  }
}
