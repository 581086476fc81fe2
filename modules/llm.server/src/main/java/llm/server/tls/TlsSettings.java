package llm.server.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * How the listener speaks TLS, from section {@code server.tls}.
 *
 * @param certificate PEM file: the server's certificate, then those between it and a root
 * @param key PEM file: its private key in PKCS#8, not encrypted
 * @param clientCa PEM file: the authorities whose client certificates are accepted
 * @param clientAuth whether clients show a certificate
 * @param protocols names of the JDK, as {@code TLSv1.3}; not empty
 * @param handshakeTimeout the time from accept to the end of the handshake
 * @param reload how often the files are looked at; zero: never again
 */
public record TlsSettings(
    Path certificate,
    Path key,
    Optional<Path> clientCa,
    ClientAuth clientAuth,
    List<String> protocols,
    Duration handshakeTimeout,
    Duration reload) {
  private static final List<String> PROTOCOL_NAMES = List.of("TLSv1.3", "TLSv1.2");

  private static final Setting<Path> CERTIFICATE =
      Setting.optionalPath(
          "certificate",
          "PEM file with the server's certificate, then those that lead to its root; with key, the"
              + " port speaks TLS.");
  private static final Setting<Path> KEY =
      Setting.optionalPath(
          "key",
          "PEM file with the certificate's private key in PKCS#8, not encrypted; `openssl pkey -in"
              + " OLD -out NEW` makes one of any other.");
  private static final Setting<Path> CLIENT_CA =
      Setting.optionalPath(
          "client_ca", "PEM file with the authorities whose client certificates are accepted.");
  private static final Setting<ClientAuth> CLIENT_AUTH =
      Setting.choice(
          "client_auth",
          ClientAuth.NONE,
          "Whether clients must show a certificate; optional and required need client_ca.");
  private static final Setting<String> PROTOCOLS =
      new Setting<>(
          "protocols",
          "TLSv1.3 | TLSv1.2",
          TlsSettings::protocol,
          Optional.empty(),
          "",
          List.of(),
          "Protocol versions that are spoken; without any, both.");
  private static final Setting<Duration> HANDSHAKE_TIMEOUT =
      Setting.duration(
          "handshake_timeout_seconds",
          Duration.ofSeconds(10),
          Duration.ofMillis(10),
          Duration.ofMinutes(10),
          "Time from accept to the end of the handshake, and never more than"
              + " server.header_timeout_seconds; then the connection is closed.");
  private static final Setting<Duration> RELOAD =
      Setting.duration(
          "reload_seconds",
          Duration.ofSeconds(10),
          Duration.ZERO,
          Duration.ofDays(1),
          "How often the files are looked at; changed ones serve new connections without a"
              + " restart; 0: never.");

  /** Copies the list. */
  public TlsSettings {
    protocols = List.copyOf(protocols);
  }

  /**
   * Reads the subsection {@code tls} and the files it names, so that a file that cannot serve is
   * told with the other mistakes.
   *
   * @return empty when the port speaks plain HTTP
   */
  public static Optional<TlsSettings> read(Section server) {
    Section tls =
        server.section(
            "tls",
            "TLS of the port: https instead of http. Off unless certificate and key are set.");
    Optional<Path> certificate = tls.find(CERTIFICATE);
    Optional<Path> key = tls.find(KEY);
    Optional<Path> clientCa = tls.find(CLIENT_CA);
    ClientAuth clientAuth = tls.get(CLIENT_AUTH);
    List<String> protocols = tls.list(PROTOCOLS);
    Duration handshake = tls.get(HANDSHAKE_TIMEOUT);
    Duration reload = tls.get(RELOAD);
    if (tls.isReference() || !isComplete(tls, certificate, key, clientCa, clientAuth)) {
      return Optional.empty();
    }
    var settings =
        new TlsSettings(
            certificate.get(),
            key.get(),
            clientCa,
            clientAuth,
            protocols.isEmpty() ? PROTOCOL_NAMES : protocols,
            handshake,
            reload);
    try {
      TlsMaterial.load(settings);
    } catch (TlsProblem wrong) {
      tls.reject(wrong.setting(), wrong.getMessage());
    }
    return Optional.of(settings);
  }

  /** Whether TLS is on and everything it needs is named; what is missing is rejected. */
  private static boolean isComplete(
      Section tls,
      Optional<Path> certificate,
      Optional<Path> key,
      Optional<Path> clientCa,
      ClientAuth clientAuth) {
    if (certificate.isEmpty() != key.isEmpty()) {
      tls.reject(
          certificate.isEmpty() ? "certificate" : "key",
          "must be set too: TLS needs certificate and key");
      return false;
    }
    if (certificate.isEmpty() && (clientCa.isPresent() || clientAuth != ClientAuth.NONE)) {
      tls.reject("certificate", "must be set, and key: clients are asked for certificates by TLS");
    }
    if (clientCa.isEmpty() && clientAuth != ClientAuth.NONE) {
      tls.reject("client_ca", "must be set for client_auth other than none");
      return false;
    }
    if (clientCa.isPresent() && clientAuth == ClientAuth.NONE) {
      tls.reject("client_auth", "must be optional or required, since client_ca is set");
    }
    return certificate.isPresent();
  }

  private static String protocol(String text) {
    return PROTOCOL_NAMES.stream()
        .filter(text::equalsIgnoreCase)
        .findFirst()
        .orElseThrow(IllegalArgumentException::new);
  }
}
