package llm.server.ws;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bounded queue before one WebSocket and the virtual thread that empties it, for those who send
 * to many and must not wait for any. What waits is sent in as few writes as it fits. Thread-safe.
 */
public final class Outbox implements AutoCloseable {
  /** One write, unless a single message is larger. */
  private static final int WRITE_BYTES = 32 * 1024;

  private final Connection socket;
  private final Limits limits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<OutgoingMessage> queue = new ArrayDeque<>(); // guarded by lock
  private long bytes; // guarded by lock: of the messages in the queue
  private boolean over; // guarded by lock

  /**
   * How much may wait.
   *
   * @param messages at most
   * @param bytes at most, but one message always fits
   */
  public record Limits(int messages, long bytes) {}

  private Outbox(Connection socket, Limits limits) {
    this.socket = socket;
    this.limits = limits;
  }

  /**
   * Opens an outbox; it ends when it is closed or nothing can be sent any more.
   *
   * @param socket as a handler got it
   */
  public static Outbox open(WebSocket socket, Limits limits) {
    if (!(socket instanceof Connection connection)) {
      throw new IllegalArgumentException("only the WebSockets of this package have an outbox");
    }
    var outbox = new Outbox(connection, limits);
    Thread.ofVirtual().name("ws-outbox-" + socket.id()).start(outbox::run);
    return outbox;
  }

  /**
   * Queues a message; never waits.
   *
   * @return false when there is no room or the outbox is closed; the message is not sent then
   */
  public boolean offer(OutgoingMessage message) {
    int size = message.frame().length;
    lock.lock();
    try {
      boolean full =
          queue.size() >= limits.messages || (bytes + size > limits.bytes && !queue.isEmpty());
      if (over || full) {
        return false;
      }
      queue.add(message);
      bytes += size;
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Drops what waits and ends the thread; the WebSocket stays as it is. */
  @Override
  public void close() {
    lock.lock();
    try {
      over = true;
      queue.clear();
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    var batch = new ByteArrayOutputStream();
    try {
      for (int count = take(batch); count > 0; count = take(batch)) {
        byte[] frames = batch.toByteArray();
        batch.reset();
        socket.writeMessages(frames, frames.length, count);
      }
    } catch (WebSocketClosed _) {
      close();
    }
  }

  /** Waits for messages and moves those that fit one write; how many, 0 at the end. */
  private int take(ByteArrayOutputStream batch) {
    lock.lock();
    try {
      while (queue.isEmpty() && !over) {
        changed.awaitUninterruptibly();
      }
      int count = 0;
      while (!queue.isEmpty()
          && (count == 0 || batch.size() + queue.peek().frame().length <= WRITE_BYTES)) {
        byte[] frame = queue.poll().frame();
        batch.writeBytes(frame);
        bytes -= frame.length;
        count++;
      }
      return count;
    } finally {
      lock.unlock();
    }
  }
}
