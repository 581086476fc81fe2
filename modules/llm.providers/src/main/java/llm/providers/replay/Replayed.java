package llm.providers.replay;

import java.io.InputStream;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiConsumer;
import llm.core.concurrent.Alarms;
import llm.domain.call.Call;
import llm.domain.call.Registration;
import llm.providers.replay.Recorded.How;
import llm.providers.replay.Recorded.Piece;
import llm.providers.replay.Recorded.Response;
import llm.providers.transport.TransportException;
import llm.providers.transport.UpstreamResponse;

/**
 * A recorded exchange that takes place again: each piece of the body is a read of its own, at its
 * time; a failure is the same failure. One consumer; {@link #abort} and {@link #close} from any
 * thread.
 */
final class Replayed implements UpstreamResponse {
  private static final long NANOS_PER_MICRO = 1_000;

  private final Recorded exchange;
  private final double speed;
  private final Alarms alarms;
  private final Set<Replayed> active;
  private final long startNanos;
  private final Registration hook;
  private final Body body = new Body();
  private volatile CountDownLatch waiting = new CountDownLatch(0);
  private volatile TransportException broken; // the first reason stays; written under this

  /** An exchange that begins now; it is in {@code active} until it is over. */
  Replayed(Recorded exchange, double speed, Alarms alarms, Call call, Set<Replayed> active) {
    this.exchange = exchange;
    this.speed = speed;
    this.alarms = alarms;
    this.active = active;
    this.startNanos = alarms.time().nanoTime();
    active.add(this);
    this.hook = call.onCancel(() -> abort(TransportException.cancelled(call)));
  }

  /** Waits for the head; the failure there was in its place is thrown. */
  UpstreamResponse head() throws TransportException {
    boolean there = false;
    try {
      if (exchange.response().isEmpty()) {
        await(exchange.end().micros());
        throw failure();
      }
      await(response().micros());
      there = true;
      return this;
    } finally {
      if (!there) {
        over();
      }
    }
  }

  /** Breaks it off: a wait ends, and reads fail. */
  void abort(TransportException why) {
    synchronized (this) {
      if (broken == null) {
        broken = why;
      }
    }
    waiting.countDown();
  }

  @Override
  public int status() {
    return response().status();
  }

  @Override
  public Optional<String> header(String name) {
    return response().headers().stream()
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(Recorded.Field::value)
        .findFirst();
  }

  @Override
  public void eachHeader(BiConsumer<String, String> taker) {
    response().headers().forEach(field -> taker.accept(field.name(), field.value()));
  }

  @Override
  public InputStream body() {
    return body;
  }

  @Override
  public void close() {
    abort(TransportException.responseClosed());
    over();
  }

  private Response response() {
    return exchange.response().orElseThrow();
  }

  private void over() {
    hook.close();
    active.remove(this);
  }

  /** Waits for what was so long after the begin. */
  private void await(long micros) throws TransportException {
    check();
    if (speed == 0) {
      return;
    }
    long due = startNanos + (long) (micros * NANOS_PER_MICRO / speed);
    var wake = new CountDownLatch(1);
    waiting = wake;
    check(); // an abort before may have met the latch of before
    if (due - alarms.time().nanoTime() > 0) {
      try (Registration _ = alarms.at(due, wake::countDown)) {
        wake.await();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new TransportException(TransportException.Kind.CANCELLED, "interrupted");
      }
    }
    check();
  }

  private void check() throws TransportException {
    TransportException why = broken;
    if (why != null) {
      throw why;
    }
  }

  private TransportException failure() {
    String why =
        switch (exchange.end().how()) {
          case CANCELLED -> "the recording ends here: its caller had cancelled the request";
          case INCOMPLETE -> "the recording holds no more of it";
          case COMPLETE, CLOSED, CONNECT, TLS, POOL_EXHAUSTED, TIMEOUT, CUT, PROTOCOL ->
              exchange.end().message().orElse("it did when it was recorded");
        };
    return new TransportException(exchange.end().how().kind(), why);
  }

  /** The pieces, one by one. */
  private final class Body extends InputStream {
    private final byte[] one = new byte[1];
    private int index;
    private int at; // in the piece of that index
    private boolean begun; // its time has come

    @Override
    public int read() throws TransportException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws TransportException {
      Objects.checkFromIndexSize(offset, length, to.length);
      check();
      if (length == 0) {
        return 0;
      }
      if (index == response().pieces().size()) {
        return end();
      }
      Piece piece = response().pieces().get(index);
      if (!begun) {
        await(piece.micros());
        begun = true;
      }
      int count = Math.min(length, piece.size() - at);
      System.arraycopy(piece.bytes(), at, to, offset, count);
      at += count;
      if (at == piece.size()) {
        index++;
        at = 0;
        begun = false;
      }
      return count;
    }

    /** What is left of the piece: the next one is not at hand before it is asked for. */
    @Override
    public int available() {
      return begun && broken == null ? response().pieces().get(index).size() - at : 0;
    }

    @Override
    public void close() {
      Replayed.this.close();
    }

    private int end() throws TransportException {
      await(exchange.end().micros());
      How how = exchange.end().how();
      if (how == How.COMPLETE || how == How.CLOSED) {
        over();
        return -1;
      }
      TransportException failure = failure();
      abort(failure);
      over();
      throw failure;
    }
  }
}
