package llm.providers.transport;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import llm.domain.call.Registration;
import llm.providers.transport.http1.BodyReader;
import llm.providers.transport.http1.ResponseHead;

/**
 * A response of a {@link PooledTransport}. Its connection goes back to the pool with the last byte
 * of the body, not only at the close, and at the close too when the rest of the body has come
 * already.
 */
final class PooledResponse implements UpstreamResponse {
  private static final int FREE = 0;
  private static final int READING = 1;
  private static final int CLOSING = 2;
  private static final int OVER = 3;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private final PooledTransport transport;
  private final Connection connection;
  private final ResponseHead head;
  private final BodyReader reader;
  private final Exchange exchange;
  private final Registration hook;
  private final boolean reusable;
  private final Body body = new Body();

  /** Who touches the connection: nobody now, a read, the close, nobody any more. */
  private final AtomicInteger use = new AtomicInteger(FREE);

  private volatile TransportException broken; // why reads fail; null: the body came to its end

  PooledResponse(
      PooledTransport transport,
      Connection connection,
      ResponseHead head,
      boolean toHead,
      boolean sent,
      Exchange exchange,
      Registration hook) {
    this.transport = transport;
    this.connection = connection;
    this.head = head;
    this.reader = BodyReader.of(connection.in(), head, toHead);
    this.exchange = exchange;
    this.hook = hook;
    boolean contradiction = head.status() == 204 && (head.contentLength() > 0 || head.isChunked());
    this.reusable = sent && head.isPersistent() && !reader.isUntilClose() && !contradiction;
    if (reader.hasEnded()) {
      end();
    }
  }

  @Override
  public int status() {
    return head.status();
  }

  @Override
  public Optional<String> header(String name) {
    return head.header(name);
  }

  @Override
  public void eachHeader(BiConsumer<String, String> taker) {
    head.each(taker);
  }

  @Override
  public InputStream body() {
    return body;
  }

  @Override
  public void close() {
    for (int now = use.get(); now == FREE || now == READING; now = use.get()) {
      if (now == FREE && use.compareAndSet(FREE, CLOSING)) {
        closeUnread();
      } else if (now == READING && use.compareAndSet(READING, OVER)) {
        exchange.abort(
            TransportException.responseClosed()); // the reader finds out and ends the exchange
      }
    }
  }

  private void closeUnread() {
    boolean whole;
    try {
      whole = reader.endsInBuffer();
    } catch (IOException _) {
      whole = false; // nobody will read what is wrong there
    }
    if (whole) {
      broken = TransportException.responseClosed(); // what was thrown away must not look read
      end();
    } else {
      fail(TransportException.responseClosed());
    }
  }

  /** The body is complete. */
  private void end() {
    hook.close();
    if (!exchange.finish()) {
      fail(transport.failure(connection, exchange, TransportException.responseClosed()));
      return;
    }
    use.set(OVER);
    boolean clean = reusable && connection.in().size() == 0;
    long seconds = head.keepAliveSeconds();
    transport.finished(connection, exchange, clean, seconds < 0 ? Long.MAX_VALUE : margin(seconds));
  }

  private void fail(TransportException why) {
    hook.close();
    exchange.abort(why);
    broken = why;
    use.set(OVER);
    transport.broke(connection, exchange);
  }

  /** Half a second less than the upstream allows: what is under way then would meet its close. */
  private static long margin(long seconds) {
    long nanos = seconds * NANOS_PER_SECOND;
    return nanos - Math.min(nanos / 2, NANOS_PER_SECOND / 2);
  }

  /** Decodes on the reading thread. */
  private final class Body extends InputStream {
    private final byte[] one = new byte[1];

    @Override
    public int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, to.length);
      if (!use.compareAndSet(FREE, READING)) {
        return afterTheEnd();
      }
      if (length == 0) {
        return leave(0);
      }
      int count;
      try {
        count = reader.read(to, offset, length);
      } catch (IOException failed) {
        fail(transport.failure(connection, exchange, failed));
        throw broken;
      } catch (RuntimeException | Error bug) {
        fail(TransportException.responseClosed()); // else nobody would give the connection back
        throw bug;
      }
      if (reader.hasEnded()) {
        end();
        return count;
      }
      return leave(count);
    }

    @Override
    public int available() throws IOException {
      if (!use.compareAndSet(FREE, READING)) {
        return 0;
      }
      int ready;
      try {
        ready = reader.ready();
      } catch (IOException _) {
        ready = 1; // the next read fails at once
      }
      return leave(ready);
    }

    @Override
    public void close() {
      PooledResponse.this.close();
    }

    /** Lets go of the connection, unless someone closed the response meanwhile. */
    private int leave(int count) throws TransportException {
      if (!use.compareAndSet(READING, FREE)) {
        fail(TransportException.responseClosed());
        throw broken;
      }
      return count;
    }

    private int afterTheEnd() throws TransportException {
      if (broken != null) {
        throw broken;
      }
      int now = use.get();
      if (now == CLOSING || broken != null) {
        throw TransportException.responseClosed();
      }
      if (now == READING) {
        throw new IllegalStateException("two threads read one response");
      }
      return -1;
    }
  }
}
