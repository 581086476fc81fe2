package llm.server.http;

import com.sun.net.httpserver.Headers;
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
 * @param contentEncodings the values of Content-Encoding
 * @param contentLength the value of Content-Length
 * @param id the correlation id: the caller's, or a new one
 * @param trace the caller's trace context
 * @param accept the value of Accept
 * @param anthropic what clients of Anthropic's API say
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
    List<String> contentEncodings,
    Optional<Long> contentLength,
    CallId id,
    Optional<TraceContext> trace,
    Optional<String> accept,
    Anthropic anthropic,
    Upgrade upgrade) {

  private static final String CORRELATION = "X-Correlation-ID";

  /** Copies the lists. */
  public Head {
    authorities = List.copyOf(authorities);
    origins = List.copyOf(origins);
    contentEncodings = List.copyOf(contentEncodings);
  }

  /** What may stand in a log: no credentials, no query. */
  @Override
  public String toString() {
    return "Head[" + method + " " + path + ", id=" + id.value() + "]";
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
        headers.getOrDefault("Content-Encoding", List.of()),
        Optional.ofNullable(headers.getFirst("Content-Length")).map(Long::valueOf),
        new CallId(correlation.orElseGet(() -> ids.next().toString())),
        trace(headers),
        Optional.ofNullable(headers.getFirst("Accept")),
        new Anthropic(
            Optional.ofNullable(headers.getFirst("anthropic-version")),
            headers.getOrDefault("Anthropic-beta", List.of())),
        Upgrade.of(exchange));
  }

  /** A caller that names two parents names none. */
  private static Optional<TraceContext> trace(Headers headers) {
    List<String> parents = headers.getOrDefault("Traceparent", List.of());
    return parents.size() == 1
        ? TraceContext.parse(
            parents.getFirst(), String.join(",", headers.getOrDefault("Tracestate", List.of())))
        : Optional.empty();
  }

  /**
   * Headers of Anthropic's API.
   *
   * @param version the value of anthropic-version, which all of its clients send
   * @param betas the values of anthropic-beta
   */
  public record Anthropic(Optional<String> version, List<String> betas) {
    /** Of a request of another client. */
    public static final Anthropic NONE = new Anthropic(Optional.empty(), List.of());

    /** Copies the list. */
    public Anthropic {
      betas = List.copyOf(betas);
    }
  }

  /**
   * What a request that wants to leave HTTP says about it (RFC 9110, section 7.8; RFC 6455, section
   * 4.1). Values as they were sent, one for each line of the head.
   *
   * @param protocol the version of HTTP, as {@code HTTP/1.1}
   * @param upgrade the values of Upgrade
   * @param connection the values of Connection
   * @param keys the values of Sec-WebSocket-Key
   * @param versions the values of Sec-WebSocket-Version
   * @param protocols the values of Sec-WebSocket-Protocol; one of them may be a secret
   * @param hasBody whether a body follows
   */
  public record Upgrade(
      String protocol,
      List<String> upgrade,
      List<String> connection,
      List<String> keys,
      List<String> versions,
      List<String> protocols,
      boolean hasBody) {

    /** Of a request that has no Upgrade. */
    public static final Upgrade NONE =
        new Upgrade("", List.of(), List.of(), List.of(), List.of(), List.of(), false);

    /** Copies the lists. */
    public Upgrade {
      upgrade = List.copyOf(upgrade);
      connection = List.copyOf(connection);
      keys = List.copyOf(keys);
      versions = List.copyOf(versions);
      protocols = List.copyOf(protocols);
    }

    /** The protocols may hold a key. */
    @Override
    public String toString() {
      return "Upgrade[upgrade=" + upgrade + ", versions=" + versions + "]";
    }

    static Upgrade of(HttpExchange exchange) {
      Headers headers = exchange.getRequestHeaders();
      List<String> upgrade = headers.getOrDefault("Upgrade", List.of());
      if (upgrade.isEmpty()) {
        return NONE;
      }
      String length = headers.getFirst("Content-length");
      return new Upgrade(
          exchange.getProtocol(),
          upgrade,
          headers.getOrDefault("Connection", List.of()),
          headers.getOrDefault("Sec-websocket-key", List.of()),
          headers.getOrDefault("Sec-websocket-version", List.of()),
          headers.getOrDefault("Sec-websocket-protocol", List.of()),
          headers.containsKey("Transfer-encoding") || (length != null && !length.equals("0")));
    }
  }
}
