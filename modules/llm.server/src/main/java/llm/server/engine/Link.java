package llm.server.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import llm.domain.port.TimeSource;
import llm.server.engine.message.InputBuffer;
import llm.server.engine.message.OutputBuffer;
import llm.server.engine.message.Refusal;
import llm.server.engine.message.RefusedException;

/**
 * The socket of one connection and the limits of every wait on it. A wait costs a time stamp and no
 * timer: {@link #check}, called a few times per limit for all connections, ends what takes too
 * long. One thread reads, one writes, any thread checks and closes.
 */
final class Link implements InputBuffer.Source, OutputBuffer.Sink {
  /** A point in time that there is not. */
  private static final long NEVER = Long.MIN_VALUE;

  /** A long write is watched in pieces, so that a slow client is not taken for one that stands. */
  private static final int PIECE = 64 * 1024;

  /** How long a client may go on sending to a connection that is being closed. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** How long the read of a layer may take to notice by itself that its time is over. */
  private static final long LAYER_GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What is waited for from the client. */
  enum Wait {
    NOTHING,
    HANDSHAKE,
    REQUEST,
    HEAD,
    BODY,
    REST
  }

  private final Socket accepted;
  private final EngineLimits limits;
  private final TimeSource time;
  private Socket socket;
  private InputStream in;
  private OutputStream out;

  private volatile Wait wait = Wait.NOTHING;
  private volatile long deadline = NEVER;
  private volatile boolean expired; // a deadline has passed: the input is over
  private volatile long writingSince = NEVER;
  private volatile boolean stalled; // a write took too long: the connection is over
  private boolean readIsLimited; // by a timeout of the socket; the reader's
  private long bodyDeadline; // of the whole request; the reader's

  Link(Socket accepted, EngineLimits limits, TimeSource time) {
    this.accepted = accepted;
    this.limits = limits;
    this.time = time;
    this.socket = accepted;
  }

  /** Makes the socket ready for HTTP. */
  void open(ConnectionLayer layer) throws IOException {
    await(Wait.HANDSHAKE);
    socket = layer.open(accepted);
    in = socket.getInputStream();
    out = socket.getOutputStream();
    await(Wait.NOTHING);
  }

  /** Says what the next reads wait for, from now on. */
  void await(Wait what) {
    wait = what;
    long now = time.nanoTime();
    switch (what) {
      case NOTHING -> deadline = NEVER;
      case HANDSHAKE -> deadline = point(now + limits.headTime().toNanos());
      case REQUEST -> deadline = point(now + limits.idle().toNanos());
      case HEAD -> {
        bodyDeadline = now + limits.requestTime().toNanos();
        deadline = point(Math.min(limits.headTime().toNanos(), bodyDeadline - now) + now);
      }
      case BODY -> deadline = bodyWait(now);
      case REST -> deadline = point(now + REST_NANOS);
    }
  }

  private long bodyWait(long now) {
    return point(now + Math.min(limits.bodyIdle().toNanos(), bodyDeadline - now));
  }

  private static long point(long nanos) {
    return nanos == NEVER ? NEVER + 1 : nanos;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (wait == Wait.BODY) {
      deadline = bodyWait(time.nanoTime());
    }
    int n;
    try {
      limitLayeredRead();
      n = in.read(into, offset, length);
    } catch (SocketTimeoutException late) {
      expired = wait == Wait.HEAD || wait == Wait.BODY;
      throw expired ? tooLate() : late;
    } catch (IOException broken) {
      if (expired) {
        throw tooLate();
      }
      throw broken;
    }
    if (n < 0 && expired) {
      throw tooLate();
    }
    return n;
  }

  /**
   * A layer does not outlive half a close of the socket below it: its reads end by a time limit, so
   * that the answer can still be sent. One that is late already does not begin: a client that never
   * stops sending would not let it end.
   */
  private void limitLayeredRead() throws IOException {
    boolean limited = socket != accepted && (wait == Wait.HEAD || wait == Wait.BODY);
    if (limited) {
      long left = deadline - time.nanoTime();
      if (left <= 0) {
        throw new SocketTimeoutException("the time of the request is over");
      }
      accepted.setSoTimeout(Math.clamp(TimeUnit.NANOSECONDS.toMillis(left), 1, Integer.MAX_VALUE));
    } else if (readIsLimited) {
      accepted.setSoTimeout(0);
    }
    readIsLimited = limited;
  }

  private RefusedException tooLate() {
    return new RefusedException(wait == Wait.BODY ? Refusal.BODY_TIMEOUT : Refusal.HEAD_TIMEOUT);
  }

  /**
   * Writes all of it.
   *
   * @throws StalledClientException when the client takes nothing for too long
   */
  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int end = offset + length;
    try {
      for (int from = offset; from < end; from += PIECE) {
        writingSince = point(time.nanoTime());
        out.write(bytes, from, Math.min(PIECE, end - from));
      }
    } catch (IOException broken) {
      throw stalled ? new StalledClientException(broken) : broken;
    } finally {
      writingSince = NEVER;
    }
  }

  /** Ends what has waited too long; does not block. */
  void check(long now) {
    long since = writingSince;
    if (since != NEVER && now - since >= limits.write().toNanos()) {
      stalled = true;
      reset();
      return;
    }
    long until = deadline;
    if (until == NEVER || now - until < 0) {
      return;
    }
    switch (wait) {
      case NOTHING -> {
        // it has just been met
      }
      case HANDSHAKE, REQUEST -> kill();
      case REST -> reset(); // its client had its time to take the answer
      case HEAD, BODY -> {
        if (socket == accepted) {
          expire();
        } else if (now - until >= LAYER_GRACE_NANOS) {
          kill(); // its client drips a record, which one read of the layer waits for
        }
      }
    }
  }

  /** Wakes the reader and leaves the way back open for the answer. */
  private void expire() {
    if (expired) {
      return;
    }
    expired = true;
    try {
      accepted.shutdownInput();
    } catch (IOException _) {
      kill(); // it was closed meanwhile, or cannot be closed by half
    }
  }

  /** Limits one read; for a connection that has left HTTP, whose reads wait for nothing here. */
  void readTimeout(int millis) throws IOException {
    readIsLimited = false; // what is set here stays
    socket.setSoTimeout(millis);
  }

  /** Tells the client that nothing more comes, then swallows a bounded rest of what it sends. */
  void linger(byte[] scratch, long maxBytes) throws IOException {
    await(Wait.REST);
    limitLayeredRead();
    socket.shutdownOutput();
    long left = maxBytes;
    while (left > 0) {
      int n = in.read(scratch, 0, scratch.length);
      if (n < 0) {
        return;
      }
      left -= n;
    }
  }

  /** Closes in good order; may block for a moment. */
  void close() {
    await(Wait.REST);
    try (accepted) {
      if (socket != accepted) {
        socket.close();
      }
    } catch (IOException _) {
      kill(); // nobody is left to be told
    }
    await(Wait.NOTHING);
  }

  /** Closes at once, from any thread; whoever waits fails. */
  void kill() {
    try {
      accepted.close();
    } catch (IOException failure) {
      expired = true; // the kernel has dropped it; reads and writes fail by themselves
    }
  }

  /**
   * Closes at once by RST: in good order the kernel would keep what the client does not take, up to
   * some megabytes, until it gives the client up minutes later.
   */
  private void reset() {
    try {
      accepted.setSoLinger(true, 0);
    } catch (SocketException closed) {
      expired = true; // by another thread, or the client
    }
    kill();
  }

  InetSocketAddress remoteAddress() {
    return (InetSocketAddress) accepted.getRemoteSocketAddress();
  }

  InetSocketAddress localAddress() {
    return (InetSocketAddress) accepted.getLocalSocketAddress();
  }
}
