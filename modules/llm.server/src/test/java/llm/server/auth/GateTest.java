package llm.server.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Base64;
import java.util.List;
import java.util.Optional;
import llm.core.testkit.TestConfig;
import llm.domain.call.CallId;
import llm.domain.call.Principal;
import llm.domain.error.ErrorCode;
import llm.domain.error.LlmException;
import llm.server.http.Gate;
import llm.server.http.Head;
import llm.server.http.Route.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** O-5: who is let in. */
class GateTest {
  private static final int PORT = 8000;

  private final Gate loopback = AuthSettings.read(TestConfig.empty().section("auth")).gate(PORT);
  private final Gate keys =
      AuthSettings.read(
              TestConfig.yaml(
                      """
                      auth:
                        keys:
                          - name: ci
                            sha256: %s
                          - name: dev
                            key: ${DEV_KEY}
                      """
                          .formatted(ApiKey.stored("ci-secret")),
                      java.util.Map.of("DEV_KEY", "dev-secret"))
                  .section("auth"))
          .gate(PORT);

  private static Head head(
      List<String> hosts, List<String> origins, Optional<String> bearer, Optional<String> apiKey) {
    return head(hosts, origins, bearer, apiKey, Head.Upgrade.NONE);
  }

  private static Head head(
      List<String> hosts,
      List<String> origins,
      Optional<String> bearer,
      Optional<String> apiKey,
      Head.Upgrade upgrade) {
    return new Head(
        "GET",
        "/",
        "",
        hosts,
        origins,
        bearer,
        apiKey,
        Optional.empty(),
        List.of(),
        Optional.empty(),
        new CallId("c"),
        Optional.empty(),
        Optional.empty(),
        Head.Anthropic.NONE,
        upgrade);
  }

  private static Head from(String host) {
    return head(List.of(host), List.of(), Optional.empty(), Optional.empty());
  }

  private static Head authorized(String authorization) {
    return head(List.of("x"), List.of(), Optional.of(authorization), Optional.empty());
  }

  /** A handshake that offers these subprotocols. */
  private static Head offering(String... protocols) {
    var list = List.of(protocols);
    return head(
        List.of("x"),
        List.of("https://page.example"),
        Optional.empty(),
        Optional.empty(),
        new Head.Upgrade(
            "HTTP/1.1",
            List.of("websocket"),
            List.of("Upgrade"),
            List.of(),
            List.of("13"),
            list,
            false));
  }

  private static String encoded(String key) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(key.getBytes(UTF_8));
  }

  @Test
  void aPageInABrowserPutsItsKeyIntoASubprotocol() throws LlmException {
    Head one = offering("llm.monitor.v1, llm.key." + encoded("ci-secret"));
    Head two = offering("llm.monitor.v1", "llm.key." + encoded("dev-secret"));
    assertThat(keys.admit(one, Kind.MONITOR)).isEqualTo(new Principal("ci"));
    assertThat(keys.admit(two, Kind.MONITOR)).isEqualTo(new Principal("dev"));
  }

  @Test
  void aWrongKeyInASubprotocolIsRefusedWithoutBeingShown() {
    for (String wrong : List.of(encoded("guess"), "ci-secret", "%%%", "", "=")) {
      Head head = offering("llm.monitor.v1, llm.key." + wrong);
      assertRefused(keys, head, Kind.MONITOR, ErrorCode.UNAUTHORIZED);
      assertThat(head.toString()).doesNotContain("llm.key");
    }
  }

  private static void assertRefused(Gate gate, Head head, Kind kind, ErrorCode code) {
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> gate.admit(head, kind))
        .satisfies(refused -> assertThat(refused.error().code()).isEqualTo(code));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "localhost:8000",
        "LocalHost:8000",
        "127.0.0.1",
        "127.0.0.1:8000",
        "127.8.9.10:8000",
        "[::1]",
        "[::1]:8000"
      })
  void withoutKeysThisMachineIsLetIn(String host) throws LlmException {
    assertThat(loopback.admit(from(host), Kind.WORK)).isEqualTo(Principal.LOCAL);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.com",
        "evil.com:8000",
        "localhost.evil.com",
        "localhost:9000",
        "127.0.0.1:80",
        "127.0.0.1.evil.com",
        "128.0.0.1",
        "::1",
        "",
        "localhost:",
        "localhost:8000:8000",
        "user@localhost",
        "0.0.0.0:8000",
        "localhost:99999999999"
      })
  void withoutKeysForeignHostsAreRefusedEverywhere(String host) {
    for (Kind kind : Kind.values()) {
      assertRefused(loopback, from(host), kind, ErrorCode.FORBIDDEN);
    }
  }

  @Test
  void withoutKeysARequestWithoutHostIsRefused() {
    var nowhere = head(List.of(), List.of(), Optional.empty(), Optional.empty());
    assertRefused(loopback, nowhere, Kind.WORK, ErrorCode.FORBIDDEN);
  }

  @Test
  void withoutKeysEachOfSeveralHostsMustBeOurs() {
    var two = head(List.of("localhost", "evil.com"), List.of(), Optional.empty(), Optional.empty());
    assertRefused(loopback, two, Kind.WORK, ErrorCode.FORBIDDEN);
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:8000, true",
    "https://127.0.0.1:8000, true",
    "http://localhost, true",
    "http://localhost:3000, false",
    "https://evil.com, false",
    "null, false",
    "file://, false",
    "http://localhost:8000.evil.com, false",
  })
  void withoutKeysAnOriginMustBeOurs(String origin, boolean letIn) throws LlmException {
    var head = head(List.of("localhost"), List.of(origin), Optional.empty(), Optional.empty());
    if (letIn) {
      assertThat(loopback.admit(head, Kind.WORK)).isEqualTo(Principal.LOCAL);
    } else {
      assertRefused(loopback, head, Kind.PROBE, ErrorCode.FORBIDDEN);
    }
  }

  @Test
  void aKeyNamesItsOwner() throws LlmException {
    assertThat(keys.admit(authorized("Bearer ci-secret"), Kind.WORK).name()).isEqualTo("ci");
    assertThat(keys.admit(authorized("bearer  dev-secret "), Kind.WORK).name()).isEqualTo("dev");
    var header = head(List.of(), List.of(), Optional.empty(), Optional.of("dev-secret"));
    assertThat(keys.admit(header, Kind.MONITOR).name()).isEqualTo("dev");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Bearer wrong", "Bearer ", "ci-secret", "Basic ci-secret", "Bearer ci-secret x"})
  void aWrongKeyIsRefused(String authorization) {
    assertRefused(keys, authorized(authorization), Kind.WORK, ErrorCode.UNAUTHORIZED);
  }

  @Test
  void theStoredHashIsNoKey() {
    String hash = ApiKey.stored("ci-secret");
    assertRefused(keys, authorized("Bearer " + hash), Kind.WORK, ErrorCode.UNAUTHORIZED);
    assertRefused(
        keys, authorized("Bearer " + hash.substring(7)), Kind.WORK, ErrorCode.UNAUTHORIZED);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void withoutAKeyOnlyProbesAreAnswered(Kind kind) throws LlmException {
    if (kind == Kind.PROBE) {
      assertThat(keys.admit(from("any.host"), kind).name()).isEqualTo("anonymous");
    } else {
      assertRefused(keys, from("any.host"), kind, ErrorCode.UNAUTHORIZED);
    }
  }
}
