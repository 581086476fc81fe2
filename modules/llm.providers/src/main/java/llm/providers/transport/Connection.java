package llm.providers.transport;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import llm.domain.port.TimeSource;
import llm.providers.transport.TransportException.Kind;
import llm.providers.transport.http1.HeadWriter;
import llm.providers.transport.http1.WireBuffer;

/**
 * One open connection with its buffers. Used by one exchange at a time, on that exchange's thread;
 * {@link #breakOff} and {@link #expireWait} from any.
 *
 * <p>A socket channel rather than a socket, because only it can look without waiting whether the
 * other side has closed. With TLS an {@link SSLSocket} lies over it; closing then closes the
 * channel alone, without the goodbye of TLS, which could block: every response has told its own end
 * by then.
 */
final class Connection implements WireBuffer.Source {
  private static final int WRITE_BYTES = 64 * 1024;

  private final String upstream;
  private final SocketChannel channel;
  private final TimeSource time;
  private final InputStream secureIn; // null without TLS
  private final OutputStream secureOut; // null without TLS
  private final WireBuffer in = new WireBuffer(this);
  private final HeadWriter out = new HeadWriter();
  private final Sweep.Wait wait = new Sweep.Wait();
  private final long createdNanos;

  private long headUntilNanos;
  private long idleNanos;
  private boolean readsBody;
  private boolean anyByte; // of the response under way
  private boolean used;
  private long idleSince; // while in the pool
  private long idleLimitNanos;

  Connection(String upstream, SocketChannel channel, Optional<SSLSocket> secure, TimeSource time)
      throws IOException {
    this.upstream = upstream;
    this.channel = channel;
    this.time = time;
    this.secureIn = secure.isPresent() ? secure.get().getInputStream() : null;
    this.secureOut = secure.isPresent() ? secure.get().getOutputStream() : null;
    this.createdNanos = time.nanoTime();
  }

  /** What came and was not yet read. */
  WireBuffer in() {
    return in;
  }

  /** Where the next request is put together. */
  HeadWriter out() {
    return out;
  }

  /** A request begins: its head must be here at this point of the clock. */
  void begins(long headUntil, long idleLimit) {
    headUntilNanos = headUntil;
    idleNanos = idleLimit;
    readsBody = false;
    anyByte = false;
    used = true;
  }

  /** The head is read; from here on the limit is one between reads. */
  void bodyBegins() {
    readsBody = true;
  }

  /** Whether a byte of the response under way came. */
  boolean gotBytes() {
    return anyByte;
  }

  /** Sends what {@link #out} holds, and the rest of the body. */
  void send(byte[] body, int bodyFrom) throws IOException {
    wait.begin(headUntilNanos);
    try {
      write(out.bytes(), 0, out.size());
      for (int at = bodyFrom; at < body.length; at += WRITE_BYTES) {
        write(body, at, Math.min(WRITE_BYTES, body.length - at));
      }
    } finally {
      out.clear();
      endWait();
    }
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    wait.begin(readsBody ? time.nanoTime() + idleNanos : headUntilNanos);
    int count;
    try {
      count =
          secureIn == null
              ? channel.read(ByteBuffer.wrap(to, offset, length))
              : secureIn.read(to, offset, length);
    } finally {
      endWait();
    }
    anyByte |= count > 0;
    return count;
  }

  /** The failure as the caller of the transport knows it. */
  TransportException failure(IOException cause) {
    return switch (cause) {
      case TransportException known -> known;
      case ProtocolException wrong ->
          new TransportException(
              Kind.PROTOCOL, upstream + " sent no valid HTTP: " + wrong.getMessage(), wrong);
      case ClosedByInterruptException _ ->
          new TransportException(Kind.CANCELLED, "interrupted while talking to " + upstream, cause);
      case EOFException end ->
          new TransportException(
              Kind.CUT, upstream + " closed the connection " + end.getMessage(), end);
      default ->
          new TransportException(Kind.CUT, "the connection to " + upstream + " broke", cause);
    };
  }

  /** Back in the pool: since when, and how long it may stay. */
  void rests(long nowNanos, long limitNanos) {
    idleSince = nowNanos;
    idleLimitNanos = limitNanos;
  }

  /** Whether it has rested for longer than it may. */
  boolean isOverdue(long nowNanos) {
    return nowNanos - idleSince >= idleLimitNanos;
  }

  /** How long it has existed, in nanoseconds. */
  long age(long nowNanos) {
    return nowNanos - createdNanos;
  }

  /**
   * Whether the upstream has closed a resting connection or sent what nobody asked for. Under TLS
   * bytes that wait are the goodbye, or the tickets that follow a handshake: before the first
   * response they say nothing, afterwards they were read with it.
   */
  boolean isStale() {
    if (!channel.isOpen() || in.size() > 0) {
      return true;
    }
    try {
      if (secureIn != null) {
        return used && channel.socket().getInputStream().available() > 0;
      }
      channel.configureBlocking(false);
      int count = channel.read(ByteBuffer.allocate(1));
      channel.configureBlocking(true);
      return count != 0;
    } catch (IOException _) {
      return true; // reset
    }
  }

  /** Closes it, whatever another thread does with it. Does not block. */
  void breakOff() {
    closeQuietly(channel);
  }

  /** Breaks it off when its thread has waited too long. */
  void expireWait(long nowNanos) {
    if (wait.expire(nowNanos)) {
      breakOff();
    }
  }

  /** Closes a channel; false when the system complained, which changes nothing for us. */
  static boolean closeQuietly(SocketChannel channel) {
    try {
      channel.close();
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  private void write(byte[] bytes, int offset, int count) throws IOException {
    if (secureOut != null) {
      secureOut.write(bytes, offset, count);
      return;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, count);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  private void endWait() throws TransportException {
    if (!wait.end()) {
      throw new TransportException(
          Kind.TIMEOUT,
          upstream
              + (readsBody
                  ? " fell silent in its answer for longer than idle_timeout_seconds"
                  : " did not answer within first_byte_timeout_seconds"));
    }
  }
}
