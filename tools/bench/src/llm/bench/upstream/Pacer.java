package llm.bench.upstream;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * One thread that sends the tokens of paced streams when they are due, to a fraction of a
 * millisecond: an event loop's timer would be a whole one late. A client that does not read gets
 * its tokens later, with the time of sending in them.
 */
final class Pacer extends Thread {
  private static final int BUFFER_BYTES = 8 * 1024;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  /** First token after, further ones every so many ms, and how many in all. */
  record Pace(int firstMillis, int everyMillis, int tokens) {}

  private static final class Stream {
    final SocketChannel channel;
    final Pace pace;
    final boolean usage;
    long due;
    int sent;

    /** What the socket did not take; null when it took all. */
    ByteBuffer rest;

    Stream(SocketChannel channel, Pace pace, boolean usage) {
      this.channel = channel;
      this.pace = pace;
      this.usage = usage;
      this.due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(pace.firstMillis);
    }
  }

  /** Ordered by what is due first; guarded by itself. */
  private final PriorityQueue<Stream> streams =
      new PriorityQueue<>((a, b) -> Long.compare(a.due - b.due, 0));

  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);

  Pacer() {
    super("upstream-pacer");
    setDaemon(true);
  }

  /** Begins a stream; the channel is this thread's to write until its end is sent. */
  void add(SocketChannel channel, Pace pace, boolean usage) {
    var stream = new Stream(channel, pace, usage);
    boolean first;
    synchronized (streams) {
      streams.add(stream);
      first = streams.peek() == stream;
    }
    if (first) {
      LockSupport.unpark(this);
    }
  }

  @Override
  public void run() {
    while (true) {
      Stream stream;
      long wait;
      synchronized (streams) {
        stream = streams.peek();
        wait = stream == null ? Long.MAX_VALUE : stream.due - System.nanoTime();
        if (wait <= 0) {
          streams.remove();
        }
      }
      if (wait > 0) {
        LockSupport.parkNanos(this, wait);
      } else if (step(stream)) {
        synchronized (streams) {
          streams.add(stream);
        }
      }
    }
  }

  /** Sends what is due; whether the stream goes on. */
  private boolean step(Stream stream) {
    try {
      if (stream.rest != null && !drained(stream)) {
        stream.due = System.nanoTime() + RETRY_NANOS;
        return true;
      }
      if (stream.sent == stream.pace.tokens) {
        return false;
      }
      fill(stream);
      stream.channel.write(buffer);
      if (buffer.hasRemaining()) {
        stream.rest = ByteBuffer.allocate(buffer.remaining()).put(buffer).flip();
        stream.due = System.nanoTime() + RETRY_NANOS;
        return true;
      }
      stream.due += TimeUnit.MILLISECONDS.toNanos(stream.pace.everyMillis);
      return stream.sent < stream.pace.tokens;
    } catch (IOException _) {
      return false; // The peer left; its event loop closes the channel.
    }
  }

  private void fill(Stream stream) {
    buffer.clear();
    if (stream.sent == 0) {
      buffer.put(Canned.streamStart());
    }
    Canned.stamped(buffer, System.nanoTime());
    stream.sent++;
    if (stream.sent == stream.pace.tokens) {
      buffer.put(Canned.end(stream.usage));
    }
    buffer.flip();
  }

  private static boolean drained(Stream stream) throws IOException {
    stream.channel.write(stream.rest);
    if (stream.rest.hasRemaining()) {
      return false;
    }
    stream.rest = null;
    return true;
  }
}
