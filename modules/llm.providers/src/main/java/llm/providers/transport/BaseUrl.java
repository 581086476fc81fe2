package llm.providers.transport;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;
import llm.providers.transport.http1.Tokens;

/**
 * Where an upstream is: what all its requests have in common.
 *
 * @param secure whether it is https
 * @param host a name or an address; an IPv6 address without its brackets
 * @param port 1 to 65535
 * @param prefix the path that every request's path is appended to: empty, or beginning with {@code
 *     /} and not ending with it
 */
public record BaseUrl(boolean secure, String host, int port, String prefix) {
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;
  private static final int MAX_PORT = 65_535;

  private static final String KEY = "base_url";
  private static final Setting<String> BASE_URL =
      Setting.optionalText(
          KEY, "Where the API is, as http://localhost:11434/v1; requests go below this path.");

  /**
   * The URL in a text.
   *
   * @throws IllegalArgumentException with a message that completes "must …" and does not repeat the
   *     text, which may hold a password
   */
  public static BaseUrl of(String text) {
    URI uri = parse(text);
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    require(scheme.equals("http") || scheme.equals("https"), "begin with http:// or https://");
    require(uri.getRawUserInfo() == null && text.indexOf('@') < 0, "have no user or password");
    require(
        uri.getHost() != null,
        "name a host, as http://localhost:11434/v1; names have letters, digits, '-' and '.', no '_'");
    require(uri.getRawQuery() == null, "have no query (?…)");
    require(uri.getRawFragment() == null, "have no fragment (#…)");
    boolean secure = scheme.equals("https");
    int port = uri.getPort() >= 0 ? uri.getPort() : secure ? HTTPS_PORT : HTTP_PORT;
    require(port > 0 && port <= MAX_PORT, "have a port of 1 to " + MAX_PORT);
    String path = uri.getRawPath();
    require(Tokens.isTarget(path), "have a path of ASCII characters, others escaped as %C3%A9");
    String host = uri.getHost().startsWith("[") ? strip(uri.getHost()) : uri.getHost();
    return new BaseUrl(secure, host.toLowerCase(Locale.ROOT), port, path.replaceAll("/+$", ""));
  }

  /** Reads {@code base_url}; empty when it is not set, or refused and reported. */
  public static Optional<BaseUrl> read(Section section) {
    Optional<String> text = section.find(BASE_URL);
    try {
      return text.map(BaseUrl::of);
    } catch (IllegalArgumentException refused) {
      section.reject(KEY, "must " + refused.getMessage());
      return Optional.empty();
    }
  }

  /** Host and port as they stand in {@code Host}; the port only when it is not the usual one. */
  public String authority() {
    return port == (secure ? HTTPS_PORT : HTTP_PORT) ? bracketed() : address();
  }

  /** Host and port, always both: what CONNECT names, and messages. */
  public String address() {
    return bracketed() + ":" + port;
  }

  /** Whether the host is this machine. */
  boolean isLoopback() {
    return host.equals("localhost")
        || host.endsWith(".localhost")
        || literal(host).filter(InetAddress::isLoopbackAddress).isPresent();
  }

  /** The address that a host is when it is no name. */
  static Optional<InetAddress> literal(String host) {
    try {
      return Optional.of(InetAddress.ofLiteral(host));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  @Override
  public String toString() {
    return (secure ? "https://" : "http://") + authority() + prefix;
  }

  private String bracketed() {
    return host.indexOf(':') >= 0 ? "[" + host + "]" : host;
  }

  private static URI parse(String text) {
    try {
      return new URI(text.strip());
    } catch (URISyntaxException _) {
      throw new IllegalArgumentException("be a URL, as http://localhost:11434/v1");
    }
  }

  private static String strip(String bracketed) {
    return bracketed.substring(1, bracketed.length() - 1);
  }

  private static void require(boolean holds, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException(wanted);
    }
  }
}
