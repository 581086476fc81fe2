package llm.providers.transport;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import llm.providers.transport.http1.Tokens;

/**
 * One request to an upstream. {@code Host}, {@code Content-Length} and the connection's own headers
 * are the transport's.
 *
 * @param method as {@code POST}
 * @param path path and query below the upstream's base URL, beginning with {@code /}
 * @param headers in the order they are sent
 * @param body the body, empty for none; not copied, not changed
 */
public record UpstreamRequest(String method, String path, List<Header> headers, Body body) {

  /** Copies the list; rejects what could not stand in a request line. */
  public UpstreamRequest {
    if (!Tokens.isToken(method) || method.equals("CONNECT")) {
      throw new IllegalArgumentException("method '" + printable(method) + "' must be a token");
    }
    if (!path.startsWith("/") || !Tokens.isTarget(path)) {
      throw new IllegalArgumentException(
          "path '" + printable(path) + "' must begin with / and escape as RFC 3986 says");
    }
    headers = List.copyOf(headers);
  }

  private static String printable(String text) {
    return text.replaceAll("[^ -~]", "?");
  }

  /** A field of the head. */
  public record Header(String name, String value) {
    /** What belongs to the connection or its framing, in lower case. */
    private static final Set<String> RESERVED =
        Set.of(
            "connection",
            "content-length",
            "expect",
            "host",
            "keep-alive",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade");

    /** Rejects what could end the field early, and fields that are the transport's. */
    public Header {
      if (!Tokens.isToken(name)) {
        throw new IllegalArgumentException(
            "header name '" + printable(name) + "' must be a token of RFC 9110");
      }
      if (!Tokens.isFieldValue(value)) {
        throw new IllegalArgumentException(
            "header '" + name + "' has a control character, or one beyond Latin-1");
      }
      if (RESERVED.contains(name.toLowerCase(Locale.ROOT))) {
        throw new IllegalArgumentException("header '" + name + "' is set by the transport alone");
      }
    }
  }

  /** The bytes of a body; whoever makes one leaves them alone. */
  public static final class Body {
    /** No body at all. */
    public static final Body NONE = new Body(new byte[0]);

    private final byte[] bytes;

    private Body(byte[] bytes) {
      this.bytes = bytes;
    }

    /** These bytes, not copied. */
    public static Body of(byte[] bytes) {
      return bytes.length == 0 ? NONE : new Body(bytes);
    }

    /** The bytes themselves, not a copy: whoever reads them leaves them alone. */
    public byte[] bytes() {
      return bytes;
    }
  }
}
