package llm.server.engine.message;

import java.util.Locale;

/**
 * Why the engine refuses a request by itself, before or instead of a handler; each closes the
 * connection. The texts quote nothing of the request.
 */
public enum Refusal {
  /** The client begins a TLS handshake; an answer would be no TLS, so none is sent. */
  TLS(400, "This port speaks plain HTTP: use http:// in place of https://."),
  /** The first line is not {@code method SP target SP version} (RFC 9112, section 3). */
  REQUEST_LINE(400, "The request line must be 'METHOD target HTTP/1.1'."),
  /** A line ends in a bare LF. */
  LINE_END(400, "Every line of a request's head must end in CR LF."),
  /** The target has none of the four forms, or is no URI (RFC 9112, section 3.2). */
  TARGET(400, "The request target is malformed; percent-encode what may not stand in a URI."),
  /** A field line is malformed or folded (RFC 9112, section 5). */
  FIELD(
      400,
      "A header field is malformed: write 'name: value' on one line, without a space before the"
          + " colon and without control characters."),
  /** Host is missing, given twice or no authority (RFC 9112, section 3.2). */
  HOST(400, "A request needs exactly one valid Host field."),
  /** Content-Length is not one number (RFC 9112, section 6.3). */
  LENGTH(400, "Content-Length must be given once, as decimal digits."),
  /** The two ways to frame a body contradict each other (RFC 9112, section 6.1). */
  FRAMING(
      400, "Transfer-Encoding must be 'chunked' once, in HTTP/1.1, and without a Content-Length."),
  /** A chunk's size, extension, end or trailer is malformed (RFC 9112, section 7.1). */
  CHUNK(400, "The chunks of the body are malformed."),
  /** No context has this path. */
  NO_CONTEXT(404, "There is nothing at this path."),
  /** The head did not arrive in time. */
  HEAD_TIMEOUT(408, "The request's head did not arrive in time."),
  /** The body did not arrive in time. */
  BODY_TIMEOUT(408, "The request's body did not arrive in time."),
  /** The request line alone is larger than a head may be. */
  TARGET_LENGTH(414, "The request line is too long."),
  /** Expect asks for something else than {@code 100-continue} (RFC 9110, section 10.1.1). */
  EXPECTATION(417, "The one expectation that is met is '100-continue'."),
  /** The head, or the trailers, are larger than they may be. */
  HEADER_BYTES(431, "The request's header fields are too large."),
  /** There are more fields than there may be. */
  HEADER_COUNT(431, "The request has too many header fields."),
  /** A handler failed without an answer. */
  HANDLER(500, "The server failed; its log says why."),
  /** CONNECT: this server is no proxy. */
  CONNECT(501, "CONNECT is not served: this is not a proxy."),
  /** A transfer coding other than chunked (RFC 9112, section 6.1). */
  CODING(501, "The one transfer coding that is read is 'chunked'."),
  /** As many connections are open as may be. */
  CONNECTIONS(503, "The server has as many connections as it takes; try again."),
  /** The executor that should run the handler takes nothing. */
  EXECUTOR(503, "The server takes no further work; try again."),
  /** The version is not HTTP/1.x. */
  VERSION(505, "This server speaks HTTP/1.1.");

  private final int status;
  private final String message;

  Refusal(int status, String message) {
    this.status = status;
    this.message = message;
  }

  /** The status that says it. */
  public int status() {
    return status;
  }

  /** Whether the client could read an answer. */
  public boolean isAnswered() {
    return this != TLS;
  }

  /** One sentence for the client. */
  public String message() {
    return message;
  }

  /** How it stands in metrics and the log, as {@code head_timeout}. */
  public String reason() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The error's code in the server's own form of errors. */
  public String code() {
    return switch (status) {
      case 404 -> "not_found";
      case 408 -> "request_timeout";
      case 414 -> "uri_too_long";
      case 417 -> "expectation_failed";
      case 431 -> "headers_too_large";
      case 500 -> "internal";
      case 501 -> "unsupported";
      case 503 -> "overloaded";
      case 505 -> "version_not_supported";
      default -> "invalid_request";
    };
  }

  /** The body: {@code {"error":{"code","message","data":{}}}}, ASCII. */
  public String json() {
    return "{\"error\":{\"code\":\"" + code() + "\",\"message\":\"" + message + "\",\"data\":{}}}";
  }
}
