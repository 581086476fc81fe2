package llm.providers.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import llm.core.testkit.TestAuthority;
import llm.core.testkit.TestConfig;
import llm.providers.transport.TransportSettings.Client;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TransportSettingsTest {
  private static final BaseUrl HTTPS = BaseUrl.of("https://api.test/v1");

  @Test
  void hasDefaultsForEverything() {
    var config = TestConfig.empty();
    var settings = TransportSettings.read(config.root(), HTTPS);
    assertThat(config.problems()).isEmpty();
    assertThat(settings.client()).isEqualTo(Client.AUTO);
    assertThat(settings.maxConnections()).isEqualTo(1_024);
    assertThat(settings.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.proxy()).isEmpty();
    assertThat(settings.authorities()).isEmpty();
  }

  @Test
  void readsEveryKey(@TempDir Path folder) throws IOException {
    var authority = TestAuthority.create();
    Path file = folder.resolve("ca.pem");
    Files.writeString(file, authority.pem() + TestAuthority.create().pem());
    var config =
        TestConfig.yaml(
            """
            client: jdk
            http2: true
            max_connections: 1
            max_idle_connections: 2
            max_waiting: 3
            pool_wait_seconds: 4
            connect_timeout_seconds: 5
            tls_timeout_seconds: 6
            first_byte_timeout_seconds: 7
            idle_timeout_seconds: 8
            keep_alive_seconds: 9
            max_age_seconds: 10
            proxy: http://proxy.test:3128
            no_proxy: other.test
            ca_file: %s
            """
                .formatted(file));
    var settings = TransportSettings.read(config.root(), HTTPS);
    assertThat(config.problems()).isEmpty();
    assertThat(settings)
        .extracting(
            TransportSettings::client,
            TransportSettings::http2,
            TransportSettings::maxConnections,
            TransportSettings::maxIdle,
            TransportSettings::maxWaiting)
        .containsExactly(Client.JDK, true, 1, 2, 3);
    assertThat(
            new Duration[] {
              settings.poolWait(),
              settings.connectTimeout(),
              settings.tlsTimeout(),
              settings.firstByteTimeout(),
              settings.idleTimeout(),
              settings.keepAlive(),
              settings.maxAge()
            })
        .extracting(Duration::toSeconds)
        .containsExactly(4L, 5L, 6L, 7L, 8L, 9L, 10L);
    assertThat(settings.proxy()).map(HttpProxy::address).contains("proxy.test:3128");
    assertThat(settings.authorities()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "client: fast | client",
        "max_connections: 0 | max_connections",
        "connect_timeout_seconds: 0 | connect_timeout_seconds",
        "proxy: socks5://p:1 | SOCKS is not supported",
        "proxy: https://p:1 | TLS to the proxy itself",
        "proxy: ftp://p:1 | must be http://host:port",
        "proxy: http://p:1/x | must be http://host:port",
        "proxy: http://p:99999 | must be http://host:port",
        "proxy: http://me:hidden@p:1 | proxy_url",
        "ca_file: /nowhere.pem | cannot be read",
        "ca_file: pom.xml | is not a PEM file",
        "surprise: 1 | surprise",
      })
  void refusesABadValueWithoutShowingAPassword(String yaml, String expected) {
    var config = TestConfig.yaml(yaml);
    TransportSettings.read(config.root(), HTTPS);
    assertThat(config.problems()).singleElement().asString().contains(expected);
    assertThat(config.problems().toString()).doesNotContain("hidden");
  }

  @Test
  void refusesCombinationsThatCannotWork() {
    var lean = TestConfig.yaml("{client: lean, http2: true}");
    TransportSettings.read(lean.root(), HTTPS);
    assertThat(lean.problems()).singleElement().asString().contains("http2");
    var hidden =
        TestConfig.yaml(
            "{client: jdk, proxy_url: \"${P}\"}", Map.of("P", "http://me:hidden@proxy.test:1"));
    TransportSettings.read(hidden.root(), HTTPS);
    assertThat(hidden.problems()).singleElement().asString().contains("set client to lean");
  }

  @Test
  void takesTheProxyOfTheEnvironmentUnlessToldOtherwise() {
    var environment =
        Map.of(
            "https_proxy", "http://me:hidden@secure.test:1",
            "HTTP_PROXY", "plain.test:2",
            "no_proxy", "inside.test");
    assertThat(proxy("https://api.test", environment, "")).isEqualTo("secure.test:1");
    assertThat(proxy("http://api.test", environment, "")).isEqualTo("plain.test:2");
    assertThat(proxy("http://a.inside.test", environment, "")).isEqualTo("none");
    assertThat(proxy("http://localhost:11434", environment, "")).isEqualTo("none");
    assertThat(proxy("http://[::1]:11434", environment, "")).isEqualTo("none");
    assertThat(proxy("https://api.test", environment, "proxy: none")).isEqualTo("none");
    assertThat(proxy("https://api.test", environment, "proxy: http://own.test:3"))
        .isEqualTo("own.test:3");
  }

  private static String proxy(String url, Map<String, String> environment, String yaml) {
    var config = TestConfig.yaml(yaml, environment);
    var settings = TransportSettings.read(config.root(), BaseUrl.of(url));
    assertThat(config.problems()).isEmpty();
    return settings.proxy().map(HttpProxy::address).orElse("none");
  }

  @ParameterizedTest
  @CsvSource({
    "*, http://a.test, true",
    "a.test, http://a.test, true",
    "a.test, http://b.a.test, true",
    ".a.test, http://b.a.test, true",
    "*.a.test, http://b.a.test, true",
    "A.TEST, http://a.test, true",
    "a.test, http://xa.test, false",
    "a.test:80, http://a.test, true",
    "a.test:81, http://a.test, false",
    "10.1.2.3, http://10.1.2.3, true",
    "10.0.0.0/8, http://10.1.2.3, true",
    "10.0.0.0/16, http://10.1.2.3, false",
    "fd00::/8, 'http://[fd12::1]', true",
    "'[fd12::1]:80', 'http://[fd12::1]', true",
    "10.0.0.0/8, http://a.test, false",
    "'x.test, a.test', http://a.test, true",
  })
  void readsNoProxyAsOthersDo(String noProxy, String url, boolean excepted) {
    assertThat(HttpProxy.isExcepted(noProxy, BaseUrl.of(url))).isEqualTo(excepted);
  }

  @ParameterizedTest
  @CsvSource({
    "http://Host.test, http://host.test, 80",
    "https://host.test/, https://host.test, 443",
    "https://host.test:443/v1/, https://host.test/v1, 443",
    "http://localhost:11434/v1//, http://localhost:11434/v1, 11434",
    "'http://[::1]:8080/a%20b', 'http://[::1]:8080/a%20b', 8080",
    "HTTP://1.2.3.4, http://1.2.3.4, 80",
  })
  void readsABaseUrl(String text, String shown, int port) {
    assertThat(BaseUrl.of(text)).hasToString(shown);
    assertThat(BaseUrl.of(text).port()).isEqualTo(port);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:11434",
        "ftp://host",
        "http://",
        "http:///v1",
        "http://me:hidden@host/v1",
        "http://host/v1?hidden=1",
        "http://host/v1#hidden",
        "http://host:0",
        "http://host:70000",
        "http://ho st",
        "http://under_score.test",
        "http://host/\u010a",
      })
  void refusesABaseUrlWithoutRepeatingIt(String text) {
    assertThatThrownBy(() -> BaseUrl.of(text))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .doesNotContain("hidden");
    var config = TestConfig.yaml("base_url: '" + text + "'");
    assertThat(BaseUrl.read(config.root())).isEmpty();
    assertThat(config.problems()).singleElement().asString().contains("base_url: must ");
  }
}
