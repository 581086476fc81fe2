package llm.server.trace;

import java.util.Optional;
import java.util.Set;
import llm.core.trace.Tracer;
import llm.domain.call.CallId;
import llm.domain.call.Span;
import llm.domain.call.TraceContext;

/**
 * The span of each request, by OpenTelemetry's conventions for HTTP servers
 * (https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span). Probes and
 * scrapes begin no trace of their own. Thread-safe.
 */
public final class ServerSpans {
  /** Records nothing. */
  public static final ServerSpans OFF = new ServerSpans(Tracer.OFF, "http");

  private static final Set<String> METHODS =
      Set.of(
          "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY");
  private static final Set<String> NO_FAILURES = Set.of("done", "upgraded", "client_gone");
  private static final String CANCELLED = "cancelled";

  private final Tracer tracer;
  private final String scheme;

  /**
   * Spans of one server.
   *
   * @param scheme what it speaks: {@code http} or {@code https}
   */
  public ServerSpans(Tracer tracer, String scheme) {
    this.tracer = tracer;
    this.scheme = scheme;
  }

  /**
   * What is known of a request when it is there.
   *
   * @param path without the query, which may hold what is nobody's business
   * @param authority whom it is meant for; empty: it does not say
   * @param route the template of its path
   * @param isWork whether it is more than a probe
   */
  public record Incoming(
      CallId id, String method, String path, String authority, String route, boolean isWork) {}

  /** The span of a request, for the caller to {@link #end}. */
  public Span begin(Incoming request, Optional<TraceContext> parent) {
    if (!request.isWork() && parent.filter(TraceContext::sampled).isEmpty()) {
      return Span.passing(parent);
    }
    boolean isKnown = METHODS.contains(request.method());
    String method = isKnown ? request.method() : "HTTP";
    Span span = tracer.begin(method + " " + request.route(), Span.Kind.SERVER, parent);
    if (!span.isRecording()) {
      return span;
    }
    span.put("http.request.method", isKnown ? method : "_OTHER")
        .put("http.route", request.route())
        .put("url.path", request.path())
        .put("url.scheme", scheme)
        .put("llm.request_id", request.id().value());
    if (!isKnown) {
      span.put("http.request.method_original", request.method());
    }
    address(span, request.authority());
    return span;
  }

  private static void address(Span span, String authority) {
    int colon = authority.lastIndexOf(':');
    boolean hasPort = colon > authority.lastIndexOf(']') && colon < authority.length() - 1;
    String host = hasPort ? authority.substring(0, colon) : authority;
    if (!host.isEmpty()) {
      span.put("server.address", host);
    }
    String port = hasPort ? authority.substring(colon + 1) : "";
    if (hasPort && port.length() <= 5 && port.chars().allMatch(c -> c >= '0' && c <= '9')) {
      span.put("server.port", Long.parseLong(port));
    }
  }

  /**
   * Ends the span of a request.
   *
   * @param status what was answered
   * @param end how the answer ended, in the access log's word
   */
  public void end(Span span, int status, String principal, String end) {
    if (!span.isRecording()) {
      return;
    }
    span.put("http.response.status_code", status)
        .put("llm.principal", principal)
        .put("llm.end", end);
    boolean brokeOff = status < 400 && !NO_FAILURES.contains(end) && !end.startsWith(CANCELLED);
    if (status >= 500) {
      span.failed(Integer.toString(status), end);
    } else if (brokeOff) {
      span.failed(end, "The answer broke off.");
    }
    span.end();
  }
}
