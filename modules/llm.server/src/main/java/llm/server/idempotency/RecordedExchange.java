package llm.server.idempotency;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import llm.core.idempotency.Run;
import llm.domain.call.Call;
import llm.server.http.Head;
import llm.server.http.Repeats;

/**
 * An exchange without a client: what is answered is told to a {@link Run}. Used by the thread that
 * makes the answer; of a streamed one, keep-alives come from others, one at a time.
 */
final class RecordedExchange extends HttpExchange implements Repeats.Recorder {
  /** Of a request, not of its answer: everybody who gets the answer has their own. */
  private static final Set<String> OWN_HEADERS = Set.of("x-correlation-id", "x-request-id");

  private final Head head;
  private final Run run;
  private final Headers request = new Headers();
  private final Headers answer = new Headers();
  private int status = -1;

  RecordedExchange(Head head, Run run) {
    this.head = head;
    this.run = run;
  }

  // ---- Recorder

  @Override
  public HttpExchange exchange() {
    return this;
  }

  @Override
  public void begun(Call call) {
    run.madeUnder(call);
  }

  @Override
  public void holdRest() {
    run.holdRest();
  }

  @Override
  public void ended(String how, boolean isWhole) {
    run.finish(how, isWhole);
  }

  // ---- the answer

  @Override
  public void sendResponseHeaders(int code, long length) {
    status = code;
    run.head(code, headers(), length > 0 ? length : length < 0 ? 0 : -1);
  }

  private Map<String, String> headers() {
    Map<String, String> told = new LinkedHashMap<>();
    answer.forEach((name, values) -> {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!OWN_HEADERS.contains(lower)) {
        told.put(lower, values.getFirst());
      }
    });
    return told;
  }

  @Override
  public OutputStream getResponseBody() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > 0 && !run.write(Arrays.copyOfRange(bytes, offset, offset + length))) {
          throw new IOException("nobody waits for the answer any more");
        }
      }
    };
  }

  @Override
  public Headers getResponseHeaders() {
    return answer;
  }

  @Override
  public int getResponseCode() {
    return status;
  }

  @Override
  public void close() {
    // its maker says when it is over
  }

  // ---- the request

  @Override
  public Headers getRequestHeaders() {
    return request;
  }

  @Override
  public URI getRequestURI() {
    return URI.create(head.path());
  }

  @Override
  public String getRequestMethod() {
    return head.method();
  }

  @Override
  public InputStream getRequestBody() {
    return InputStream.nullInputStream(); // it was read already
  }

  // ---- what nobody asks of it

  @Override
  public HttpContext getHttpContext() {
    throw new UnsupportedOperationException();
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    throw new UnsupportedOperationException();
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    throw new UnsupportedOperationException();
  }

  @Override
  public String getProtocol() {
    return "HTTP/1.1";
  }

  @Override
  public Object getAttribute(String name) {
    return null;
  }

  @Override
  public void setAttribute(String name, Object value) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void setStreams(InputStream in, OutputStream out) {
    throw new UnsupportedOperationException();
  }

  @Override
  public HttpPrincipal getPrincipal() {
    return null;
  }
}
