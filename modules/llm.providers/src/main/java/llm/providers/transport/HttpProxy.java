package llm.providers.transport;

import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import llm.core.config.Secret;

/**
 * An HTTP proxy on the way to an upstream: a tunnel by CONNECT for https (RFC 9110, section 9.3.6),
 * the absolute form for http.
 *
 * @param host a name or an address
 * @param port 1 to 65535
 * @param authorization the value of {@code Proxy-Authorization} (RFC 7617), when it wants one
 */
public record HttpProxy(String host, int port, Optional<Secret> authorization) {
  private static final int DEFAULT_PORT = 80;
  private static final int MAX_PORT = 65_535;

  /**
   * The proxy that a URL names.
   *
   * @throws IllegalArgumentException with a message that completes "must …" and does not repeat the
   *     text, which may hold a password
   */
  static HttpProxy of(String text) {
    URI uri = parse(text.contains("://") ? text.strip() : "http://" + text.strip());
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    if (scheme.startsWith("socks")) {
      throw new IllegalArgumentException(
          "be an http:// proxy; SOCKS is not supported, put an HTTP proxy such as privoxy before it");
    }
    if (scheme.equals("https")) {
      throw new IllegalArgumentException(
          "begin with http://; TLS to the proxy itself is not supported (TLS to the upstream is)");
    }
    String path = uri.getRawPath();
    int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
    boolean shaped =
        scheme.equals("http")
            && uri.getHost() != null
            && port > 0
            && port <= MAX_PORT
            && (path.isEmpty() || path.equals("/"));
    if (!shaped || uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException("be http://host:port");
    }
    Optional<Secret> credentials = Optional.ofNullable(uri.getRawUserInfo()).map(HttpProxy::basic);
    String host = uri.getHost().replaceAll("[\\[\\]]", "");
    return new HttpProxy(host, port, credentials);
  }

  /** Host and port, for messages. */
  String address() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  /**
   * Whether {@code no_proxy} names the target, as curl and Go read it: {@code *}, a name with all
   * below it, an address, a range {@code 10.0.0.0/8}; each but the range with {@code :port} too.
   */
  static boolean isExcepted(String noProxy, BaseUrl target) {
    for (String part : noProxy.split("[,\\s]+")) {
      String entry = part.strip().toLowerCase(Locale.ROOT);
      if (!entry.isEmpty() && (entry.equals("*") || excepts(entry, target))) {
        return true;
      }
    }
    return false;
  }

  private static boolean excepts(String entry, BaseUrl target) {
    Optional<InetAddress> address = BaseUrl.literal(target.host());
    int slash = entry.indexOf('/');
    if (slash > 0) {
      return address.isPresent() && isInRange(entry, slash, address.get());
    }
    String name = entry;
    int colon = entry.lastIndexOf(':');
    if (colon > 0 && (entry.indexOf(':') == colon || entry.charAt(colon - 1) == ']')) {
      if (!entry.substring(colon + 1).equals(Integer.toString(target.port()))) {
        return false;
      }
      name = entry.substring(0, colon);
    }
    name = name.replaceAll("^\\[|\\]$", "");
    if (address.isPresent()) {
      return BaseUrl.literal(name).equals(address);
    }
    String domain = name.replaceFirst("^\\*?\\.", "");
    return target.host().equals(domain) || target.host().endsWith("." + domain);
  }

  private static boolean isInRange(String entry, int slash, InetAddress address) {
    Optional<InetAddress> network = BaseUrl.literal(entry.substring(0, slash));
    String digits = entry.substring(slash + 1);
    if (network.isEmpty() || !digits.matches("[0-9]{1,3}")) {
      return false;
    }
    byte[] wanted = network.get().getAddress();
    byte[] actual = address.getAddress();
    int bits = Integer.parseInt(digits);
    boolean inside = wanted.length == actual.length && bits <= wanted.length * 8;
    for (int bit = 0; inside && bit < bits; bit++) {
      int mask = 0x80 >> bit % 8;
      inside = (wanted[bit / 8] & mask) == (actual[bit / 8] & mask);
    }
    return inside;
  }

  private static URI parse(String text) {
    try {
      return new URI(text);
    } catch (URISyntaxException _) {
      throw new IllegalArgumentException("be http://host:port");
    }
  }

  private static Secret basic(String rawUserInfo) {
    byte[] plain =
        URLDecoder.decode(rawUserInfo.replace("+", "%2B"), StandardCharsets.UTF_8)
            .getBytes(StandardCharsets.UTF_8);
    return new Secret("Basic " + Base64.getEncoder().encodeToString(plain));
  }
}
