package llm.providers.transport;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import llm.domain.call.Registration;
import llm.providers.transport.TransportException.Kind;

/** One exchange of a {@link JdkTransport}: from the wait for its turn to the end of the body. */
final class JdkExchange implements UpstreamResponse {
  private final JdkTransport transport;
  private final Exchange state = new Exchange();
  private final Sweep.Wait wait = new Sweep.Wait();
  private final AtomicBoolean over = new AtomicBoolean();
  private final Body body = new Body();
  private Registration hook = () -> {};
  private HttpResponse<InputStream> response; // set before the caller sees this
  private InputStream in;
  private volatile TransportException broken;

  JdkExchange(JdkTransport transport) {
    this.transport = transport;
  }

  Exchange state() {
    return state;
  }

  void linkedTo(Registration registration) {
    hook = registration;
  }

  void unlink() {
    hook.close();
  }

  void waitUntil(long nanos) {
    wait.begin(nanos);
  }

  /** Ends a wait that is overdue. */
  void expire(long now) {
    if (wait.expire(now)) {
      String what = response == null ? "first_byte_timeout_seconds" : "idle_timeout_seconds";
      state.abort(
          new TransportException(Kind.TIMEOUT, "the upstream was silent for longer than " + what));
    }
  }

  /** Waits for the head and becomes the response. */
  UpstreamResponse answer(CompletableFuture<HttpResponse<InputStream>> future)
      throws TransportException {
    try {
      response = transport.await(future, this);
    } finally {
      wait.end();
    }
    in = response.body();
    try {
      state.during(this::closeBody);
    } catch (TransportException aborted) {
      closeBody(); // the abort came while there was no body to close yet
      throw aborted;
    }
    refuseWhatTheClientAccepts();
    return this;
  }

  @Override
  public int status() {
    return response.statusCode();
  }

  @Override
  public Optional<String> header(String name) {
    return response.headers().firstValue(name);
  }

  @Override
  public void eachHeader(BiConsumer<String, String> taker) {
    response
        .headers()
        .map()
        .forEach((name, values) -> values.forEach(value -> taker.accept(name, value)));
  }

  @Override
  public InputStream body() {
    return body;
  }

  @Override
  public void close() {
    if (broken == null && !over.get()) {
      broken = TransportException.responseClosed();
    }
    state.finish();
    closeBody();
    leave();
  }

  /** The client takes what may mean two different bodies; we do not. */
  private void refuseWhatTheClientAccepts() throws TransportException {
    List<String> lengths = response.headers().allValues("content-length");
    List<String> codings = response.headers().allValues("transfer-encoding");
    require(lengths.isEmpty() || codings.isEmpty(), "both Content-Length and Transfer-Encoding");
    require(
        codings.isEmpty() || codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked"),
        "Transfer-Encoding is not chunked alone");
    require(
        lengths.stream().allMatch(length -> length.matches("[0-9]{1,18}")),
        "Content-Length is not a number");
    require(lengths.stream().distinct().count() < 2, "Content-Length comes twice and differs");
    require(status() >= 200 && status() <= 599, "status " + status());
  }

  private void require(boolean holds, String broken) throws TransportException {
    if (!holds) {
      closeBody();
      throw new TransportException(Kind.PROTOCOL, "the upstream sent no valid HTTP: " + broken);
    }
  }

  private void closeBody() {
    try {
      in.close();
    } catch (IOException late) {
      broken = transport.failure(late);
    }
  }

  private void leave() {
    if (over.compareAndSet(false, true)) {
      transport.leave(this, true);
    }
  }

  private TransportException fail(IOException failed) {
    TransportException why = transport.failure(failed);
    try {
      state.check();
    } catch (TransportException aborted) {
      why = aborted;
    }
    if (broken == null) {
      broken = why;
    }
    closeBody();
    leave();
    return broken;
  }

  /** The JDK's stream with our limits and our exceptions. */
  private final class Body extends InputStream {
    private final byte[] one = new byte[1];
    private boolean ended;

    @Override
    public int read() throws IOException {
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, to.length);
      if (broken != null) {
        throw broken;
      }
      if (ended || length == 0) {
        return ended ? -1 : 0;
      }
      wait.begin(transport.bodyLimit());
      int count;
      try {
        count = in.read(to, offset, length);
      } catch (IOException failed) {
        wait.end();
        throw fail(failed);
      }
      wait.end();
      if (count < 0) {
        if (!state.finish()) {
          throw fail(TransportException.responseClosed());
        }
        ended = true;
        leave();
      }
      return count;
    }

    @Override
    public int available() throws IOException {
      return broken != null || ended ? 0 : in.available();
    }

    @Override
    public void close() {
      JdkExchange.this.close();
    }
  }
}
