package llm.server.http;

import com.sun.net.httpserver.HttpExchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.call.CallId;
import llm.domain.call.TraceContext;
import llm.domain.port.IdSource;

/**
 * What a request says before its body.
 *
 * @param method in upper case
 * @param path as it was sent, not decoded, without the query
 * @param query as it was sent, not decoded; empty when there is none
 * @param authorities whom it is meant for: the values of Host, and of the request line if it names
 *     one
 * @param origins the values of Origin
 * @param authorization the value of Authorization
 * @param apiKey the value of x-api-key
 * @param contentType the value of Content-Type
 * @param contentLength the value of Content-Length
 * @param id the correlation id: the caller's, or a new one
 * @param trace the caller's trace context
 * @param upgrade what it says about leaving HTTP
 */
public record Head(
    String method,
    String path,
    String query,
    List<String> authorities,
    List<String> origins,
    Optional<String> authorization,
    Optional<String> apiKey,
    Optional<String> contentType,
    Optional<Long> contentLength,
    CallId id,
    Optional<TraceContext> trace,
    UpgradeFields upgrade) {

  private static final String CORRELATION = "X-Correlation-ID";

  /** Copies the lists. */
  public Head {
    authorities = List.copyOf(authorities);
    origins = List.copyOf(origins);
  }

  /** Reads the head of {@code exchange}. */
  static Head of(HttpExchange exchange, IdSource ids) {
    var headers = exchange.getRequestHeaders();
    var authorities = new ArrayList<>(headers.getOrDefault("Host", List.of()));
    Optional.ofNullable(exchange.getRequestURI().getRawAuthority()).ifPresent(authorities::add);
    var correlation = Optional.ofNullable(headers.getFirst(CORRELATION)).filter(CallId::isLegal);
    return new Head(
        exchange.getRequestMethod(),
        exchange.getRequestURI().getRawPath(),
        Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse(""),
        authorities,
        headers.getOrDefault("Origin", List.of()),
        Optional.ofNullable(headers.getFirst("Authorization")),
        Optional.ofNullable(headers.getFirst("x-api-key")),
        Optional.ofNullable(headers.getFirst("Content-Type")),
        Optional.ofNullable(headers.getFirst("Content-Length")).map(Long::valueOf),
        new CallId(correlation.orElseGet(() -> ids.next().toString())),
        Optional.ofNullable(headers.getFirst("traceparent")).flatMap(TraceContext::parse),
        UpgradeFields.of(exchange));
  }
}
