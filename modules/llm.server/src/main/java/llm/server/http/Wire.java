package llm.server.http;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.engine.EngineExchange;
import llm.server.engine.TakenConnection;
import llm.server.http.guard.ConnectionLost;
import llm.server.http.guard.WriteGuard;

/**
 * The way back to the client of one request: every byte of the answer goes through here, is counted
 * and is guarded against a client that does not read. Not thread-safe: one writer at a time, with a
 * happens-before edge between writers.
 */
final class Wire implements AutoCloseable {
  /** What is read and thrown away of a body nobody wanted, so that its sender sees the answer. */
  private static final long MAX_DISCARD_BYTES = 64L << 20;

  private static final int SWITCHING_PROTOCOLS = 101;

  private static final byte[] NOTHING = new byte[0];

  private final HttpExchange exchange;
  private final WriteGuard guard;
  private int status;
  private long bytesOut;
  private boolean closed; // an answer without a body closes the exchange by itself

  Wire(HttpExchange exchange, WriteGuard guard, CallId id) {
    this.exchange = exchange;
    this.guard = guard;
    header("x-correlation-id", id.value());
    header("x-request-id", id.value());
  }

  /** The status that was sent; 0 while none was. */
  int status() {
    return status;
  }

  /** Bytes of the body that were sent. */
  long bytesOut() {
    return bytesOut;
  }

  /** Says in the head of the answer who gives it and how, before that is sent. */
  void tellOf(Call call) {
    call.answerer().ifPresent(this::answeredBy);
    call.notes().forEach((name, value) -> header(name, plain(value)));
  }

  private void answeredBy(Answerer answerer) {
    header("x-llm-provider", plain(answerer.provider()));
    header("x-llm-model", plain(answerer.model()));
  }

  /** A header carries visible ASCII (RFC 9110, section 5.5); what is not is percent-encoded. */
  private static String plain(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) <= ' ' || name.charAt(i) >= 0x7F) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8);
      }
    }
    return name;
  }

  /** Sends a whole answer; the request's body need not have been read. */
  void send(Response.Full response) throws ConnectionLost {
    refuseSecondAnswer();
    byte[] body = exchange.getRequestMethod().equals("HEAD") ? NOTHING : response.body();
    response.headers().forEach(this::header);
    if (!response.contentType().isEmpty()) {
      header("content-type", response.contentType());
      header("cache-control", "no-store");
    }
    if (body.length == 0 && response.body().length > 0) {
      header("content-length", Integer.toString(response.body().length));
    }
    status = response.status();
    closed = body.length == 0;
    guard.run(() -> {
      exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      if (body.length > 0) {
        exchange.getResponseBody().write(body);
        exchange.getResponseBody().flush();
      }
    });
    bytesOut += body.length;
  }

  /**
   * Answers 101 and takes the connection away from HTTP.
   *
   * @throws LlmException when the engine cannot do that
   */
  TakenConnection takeOver(Map<String, String> headers) throws LlmException, ConnectionLost {
    if (!(exchange instanceof EngineExchange engine)) {
      throw new LlmException(
          new LlmError.NotImplemented(
              "The JDK's HTTP engine cannot open a WebSocket; set server.http_engine: own."));
    }
    headers.forEach(this::header);
    status = SWITCHING_PROTOCOLS;
    closed = true;
    var taken = new AtomicReference<TakenConnection>();
    guard.run(() -> taken.set(engine.takeOver()));
    return taken.get();
  }

  /** Our own engine answers by itself when a body does not come in time. */
  private void refuseSecondAnswer() throws ConnectionLost {
    int sent = exchange.getResponseCode();
    if (status == 0 && sent > 0) {
      status = sent;
      closed = true;
      throw new ConnectionLost(ConnectionLost.Why.LATE, null);
    }
  }

  /** Sends the head of a stream of events. */
  void startEvents(Map<String, String> headers) throws ConnectionLost {
    headers.forEach(this::header);
    header("content-type", "text/event-stream; charset=utf-8");
    header("cache-control", "no-cache");
    header("x-accel-buffering", "no");
    status = 200;
    guard.run(() -> exchange.sendResponseHeaders(status, 0));
  }

  /** The next of a stream's bytes are its last; whoever records them is told. */
  void endsNow() {
    if (exchange instanceof Repeats.Recorder recorder) {
      recorder.holdRest();
    }
  }

  /** Whether nobody is there who has to be kept waiting: comments are no part of an answer. */
  boolean isRecorded() {
    return exchange instanceof Repeats.Recorder;
  }

  /** Sends more of a stream at once; what is sent stays in the buffer. */
  void sendEvents(ByteArrayOutputStream events) throws ConnectionLost {
    guard.run(() -> {
      events.writeTo(exchange.getResponseBody());
      exchange.getResponseBody().flush();
    });
    bytesOut += events.size();
  }

  /**
   * Ends the answer and makes the connection ready for the next request. Idempotent.
   *
   * @throws ConnectionLost when that cannot be: the connection must be closed
   */
  void finish() throws ConnectionLost {
    if (closed) {
      return;
    }
    try {
      discardRest(exchange.getRequestBody());
    } catch (IOException broken) {
      throw new ConnectionLost(ConnectionLost.Why.GONE, broken);
    }
    closed = true;
    guard.run(exchange::close);
  }

  /** Ends the watch over this wire; the exchange is left as it is. */
  @Override
  public void close() {
    guard.close();
  }

  private void header(String name, String value) {
    exchange.getResponseHeaders().set(name, value);
  }

  /**
   * Reads what the client still sends. A connection that is closed while its client writes is
   * reset, and the client then never sees the answer. Time is bounded by the engine's limit for
   * reading a request.
   */
  private static void discardRest(InputStream body) throws IOException {
    if (body.read() < 0) {
      return; // as a rule: the handler has read all of it
    }
    byte[] scratch = new byte[8192];
    long left = MAX_DISCARD_BYTES;
    for (int n = body.read(scratch); n >= 0 && left > 0; n = body.read(scratch)) {
      left -= n;
    }
  }
}
