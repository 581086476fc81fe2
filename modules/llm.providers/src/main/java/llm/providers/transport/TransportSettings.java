package llm.providers.transport;

import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.config.Secret;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How one upstream is reached: the limits of its connections, its proxy, whom TLS trusts.
 *
 * @param client which implementation
 * @param http2 whether {@code jdk} may speak HTTP/2
 * @param maxConnections exchanges at once, and connections
 * @param maxIdle connections kept open without an exchange
 * @param maxWaiting calls that wait for a connection; one more is refused
 * @param poolWait how long one waits for a connection
 * @param connectTimeout for the name, the TCP connections tried and a proxy's tunnel together
 * @param tlsTimeout for the TLS handshake
 * @param firstByteTimeout from sending the request to the whole head of the answer
 * @param idleTimeout between two reads of the body
 * @param keepAlive how long a connection stays open without an exchange
 * @param maxAge how long a connection is used at all, so that changed DNS takes effect
 * @param proxy the way out, when there is one
 * @param authorities certificate authorities trusted beside the JDK's
 */
public record TransportSettings(
    Client client,
    boolean http2,
    int maxConnections,
    int maxIdle,
    int maxWaiting,
    Duration poolWait,
    Duration connectTimeout,
    Duration tlsTimeout,
    Duration firstByteTimeout,
    Duration idleTimeout,
    Duration keepAlive,
    Duration maxAge,
    Optional<HttpProxy> proxy,
    List<X509Certificate> authorities) {

  /** Which implementation. */
  public enum Client {
    /** The one that measurements favour. */
    AUTO,
    /** Pooled blocking HTTP/1.1. */
    LEAN,
    /** {@code java.net.http.HttpClient}. */
    JDK
  }

  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofHours(24);
  private static final int MOST = 100_000;

  private static final Setting<Client> CLIENT =
      Setting.choice(
          "client",
          Client.AUTO,
          "Which HTTP client: lean (pooled HTTP/1.1), jdk (java.net.http); auto takes lean, or jdk"
              + " when http2 is on.");
  private static final Setting<Boolean> HTTP2 =
      Setting.flag("http2", false, "Whether the client jdk may speak HTTP/2 to an https upstream.");
  private static final Setting<Integer> MAX_CONNECTIONS =
      Setting.integer("max_connections", 1_024, 1, MOST, "Requests to this upstream at once.");
  private static final Setting<Integer> MAX_IDLE =
      Setting.integer("max_idle_connections", 256, 0, MOST, "Connections kept open for reuse.");
  private static final Setting<Integer> MAX_WAITING =
      Setting.integer(
          "max_waiting", 1_024, 0, MOST, "Requests that wait for a connection; more are refused.");
  private static final Setting<Duration> POOL_WAIT =
      time("pool_wait_seconds", 30, "How long a request waits for a connection.");
  private static final Setting<Duration> CONNECT =
      time(
          "connect_timeout_seconds",
          10,
          "Limit for looking up the name, connecting and a proxy's tunnel together.");
  private static final Setting<Duration> TLS =
      time("tls_timeout_seconds", 10, "Limit for the TLS handshake.");
  private static final Setting<Duration> FIRST_BYTE =
      time(
          "first_byte_timeout_seconds",
          600,
          "Limit from sending a request to the head of the answer; a safety net behind the"
              + " gateway's own limits.");
  private static final Setting<Duration> IDLE =
      time("idle_timeout_seconds", 600, "Limit between two reads of an answer; a safety net too.");
  private static final Setting<Duration> KEEP_ALIVE =
      time(
          "keep_alive_seconds",
          90,
          "How long an unused connection stays open; less when the upstream says so. Longer than"
              + " warm.interval_seconds one is always ready.");
  private static final Setting<Duration> MAX_AGE =
      time(
          "max_age_seconds",
          600,
          "How long a connection is reused at all, so that changed DNS takes effect.");
  private static final Setting<String> PROXY =
      Setting.optionalText(
          "proxy",
          "HTTP proxy, as http://proxy:3128, or none. Loopback upstreams are reached directly.");
  private static final Setting<String> NO_PROXY =
      Setting.text(
              "no_proxy",
              "",
              "Hosts reached without the proxy, commas between: names with all below them,"
                  + " addresses, ranges as 10.0.0.0/8, or *.")
          .orEnvironment("no_proxy", "NO_PROXY");
  private static final Setting<Path> CA_FILE =
      Setting.optionalPath(
          "ca_file", "PEM file of certificate authorities to trust beside the JDK's.");

  /** Copies the list. */
  public TransportSettings {
    authorities = List.copyOf(authorities);
  }

  /** Reads the keys of an upstream's section; what is wrong is reported there. */
  public static TransportSettings read(Section section, BaseUrl target) {
    Optional<HttpProxy> proxy = readProxy(section, target);
    Client client = section.get(CLIENT);
    boolean http2 = section.get(HTTP2);
    if (client == Client.LEAN && http2) {
      section.reject("http2", "needs the client jdk (or auto); lean speaks HTTP/1.1");
    }
    boolean hidden = proxy.flatMap(HttpProxy::authorization).isPresent();
    if ((client == Client.JDK || http2) && target.secure() && hidden) {
      section.reject(
          client == Client.JDK ? "client" : "http2",
          "the client jdk sends no credentials to a proxy for https; set client to lean");
    }
    return new TransportSettings(
        client,
        http2,
        section.get(MAX_CONNECTIONS),
        section.get(MAX_IDLE),
        section.get(MAX_WAITING),
        section.get(POOL_WAIT),
        section.get(CONNECT),
        section.get(TLS),
        section.get(FIRST_BYTE),
        section.get(IDLE),
        section.get(KEEP_ALIVE),
        section.get(MAX_AGE),
        proxy,
        readAuthorities(section));
  }

  private static Optional<HttpProxy> readProxy(Section section, BaseUrl target) {
    Optional<String> plain = section.find(PROXY);
    Optional<String> secret = section.find(proxyUrl(target.secure())).map(Secret::reveal);
    boolean excepted =
        HttpProxy.isExcepted(section.get(NO_PROXY), target)
            || target.isLoopback()
            || plain.filter("none"::equals).isPresent();
    try {
      if (plain.filter(text -> text.indexOf('@') >= 0).isPresent()) {
        section.reject("proxy", "must have no user or password; use proxy_url: ${NAME} for one");
        return Optional.empty();
      }
      Optional<HttpProxy> proxy = plain.filter(text -> !text.equals("none")).map(HttpProxy::of);
      return excepted ? Optional.empty() : proxy.or(() -> secret.map(HttpProxy::of));
    } catch (IllegalArgumentException refused) {
      section.reject(plain.isPresent() ? "proxy" : "proxy_url", "must " + refused.getMessage());
      return Optional.empty();
    }
  }

  private static Setting<Secret> proxyUrl(boolean secure) {
    String doc =
        "HTTP proxy with a password, as http://user:password@proxy:3128; proxy comes before it."
            + " For an http upstream the environment's http_proxy.";
    Setting<Secret> setting = Setting.optionalSecret("proxy_url", doc);
    return secure
        ? setting.orEnvironment("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
        : setting.orEnvironment("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY");
  }

  private static List<X509Certificate> readAuthorities(Section section) {
    try {
      return section.find(CA_FILE).map(Certificates::read).orElse(List.of());
    } catch (IllegalArgumentException refused) {
      section.reject("ca_file", refused.getMessage());
      return List.of();
    }
  }

  private static Setting<Duration> time(String key, int seconds, String doc) {
    return Setting.duration(key, Duration.ofSeconds(seconds), SHORTEST, LONGEST, doc);
  }
}
