package llm.server.http;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.util.List;

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
public record UpgradeFields(
    String protocol,
    List<String> upgrade,
    List<String> connection,
    List<String> keys,
    List<String> versions,
    List<String> protocols,
    boolean hasBody) {

  /** Of a request that has no Upgrade. */
  public static final UpgradeFields NONE =
      new UpgradeFields("", List.of(), List.of(), List.of(), List.of(), List.of(), false);

  /** Copies the lists. */
  public UpgradeFields {
    upgrade = List.copyOf(upgrade);
    connection = List.copyOf(connection);
    keys = List.copyOf(keys);
    versions = List.copyOf(versions);
    protocols = List.copyOf(protocols);
  }

  /** The protocols may hold a key. */
  @Override
  public String toString() {
    return "UpgradeFields[upgrade=" + upgrade + ", versions=" + versions + "]";
  }

  static UpgradeFields of(HttpExchange exchange) {
    Headers headers = exchange.getRequestHeaders();
    List<String> upgrade = headers.getOrDefault("Upgrade", List.of());
    if (upgrade.isEmpty()) {
      return NONE;
    }
    String length = headers.getFirst("Content-length");
    return new UpgradeFields(
        exchange.getProtocol(),
        upgrade,
        headers.getOrDefault("Connection", List.of()),
        headers.getOrDefault("Sec-websocket-key", List.of()),
        headers.getOrDefault("Sec-websocket-version", List.of()),
        headers.getOrDefault("Sec-websocket-protocol", List.of()),
        headers.containsKey("Transfer-encoding") || (length != null && !length.equals("0")));
  }
}
