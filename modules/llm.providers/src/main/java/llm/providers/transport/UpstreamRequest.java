package llm.providers.transport;

import java.util.List;

/**
 * One request to an upstream. {@code Host}, {@code Content-Length} and the connection's own headers
 * are the transport's.
 *
 * @param method as {@code POST}
 * @param path path and query below the upstream's base URL, beginning with {@code /}
 * @param headers in the order they are sent; names and values without CR, LF and NUL
 * @param body the body, empty for none; not copied, not changed
 */
public record UpstreamRequest(String method, String path, List<Header> headers, Body body) {

  /** Copies the list. */
  public UpstreamRequest {
    headers = List.copyOf(headers);
  }

  /** A field of the head. */
  public record Header(String name, String value) {
    /** Rejects what could end the field early. */
    public Header {
      if (!isLegal(name) || name.isEmpty() || !isLegal(value)) {
        throw new IllegalArgumentException(
            "header '" + name.replaceAll("\\p{Cntrl}", "?") + "' has a control character");
      }
    }

    private static boolean isLegal(String text) {
      return text.chars().noneMatch(c -> c == '\r' || c == '\n' || c == 0);
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

    /** The bytes themselves. */
    byte[] bytes() {
      return bytes;
    }
  }
}
