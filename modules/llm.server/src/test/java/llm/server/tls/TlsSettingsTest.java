package llm.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.testkit.TestConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Section {@code server.tls}: what is wrong is told with the file and the remedy. */
class TlsSettingsTest {
  @TempDir private Path folder;
  private TestAuthority authority;
  private TestAuthority.Issued pair;
  private Optional<TlsSettings> read;

  @BeforeEach
  void writePair() throws Exception {
    authority = new TestAuthority("Test Root");
    pair = authority.issue("localhost", "EC");
    pair.writeTo(folder);
  }

  private List<String> problems(String... lines) {
    var text = new StringBuilder("server:\n  tls:\n");
    for (String line : lines) {
      text.append("    ").append(line.replace("DIR", folder.toString())).append('\n');
    }
    var config = TestConfig.yaml(text.toString());
    read = TlsSettings.read(config.section("server"));
    return config.problems();
  }

  /** With the pair named; {@code more} is further lines. */
  private List<String> problemsOfPair(String... more) {
    var lines = new java.util.ArrayList<>(List.of("certificate: DIR/cert.pem", "key: DIR/key.pem"));
    lines.addAll(List.of(more));
    return problems(lines.toArray(String[]::new));
  }

  @Test
  void isOffWithoutFiles() {
    var config = TestConfig.empty();

    assertThat(TlsSettings.read(config.section("server"))).isEmpty();
    assertThat(config.problems()).isEmpty();
  }

  @Test
  void hasDefaults() {
    assertThat(problemsOfPair()).isEmpty();
    assertThat(read)
        .contains(
            new TlsSettings(
                folder.resolve("cert.pem"),
                folder.resolve("key.pem"),
                Optional.empty(),
                ClientAuth.NONE,
                List.of("TLSv1.3", "TLSv1.2"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10)));
  }

  @Test
  void readsEveryKey() throws Exception {
    Files.writeString(
        folder.resolve("ca.pem"),
        TestAuthority.pem("CERTIFICATE", authority.certificate.getEncoded()));

    assertThat(
            problemsOfPair(
                "client_ca: DIR/ca.pem",
                "client_auth: required",
                "protocols: [TLSv1.3]",
                "handshake_timeout_seconds: 2.5",
                "reload_seconds: 0"))
        .isEmpty();
    assertThat(read)
        .contains(
            new TlsSettings(
                folder.resolve("cert.pem"),
                folder.resolve("key.pem"),
                Optional.of(folder.resolve("ca.pem")),
                ClientAuth.REQUIRED,
                List.of("TLSv1.3"),
                Duration.ofMillis(2500),
                Duration.ZERO));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "protocols: [TLSv1.1]          | protocols",
        "protocols: [SSLv3, TLSv1.3]   | protocols",
        "handshake_timeout_seconds: 0  | handshake_timeout_seconds",
        "reload_seconds: -1            | reload_seconds",
        "client_auth: maybe            | client_auth",
        "client_auth: required         | client_ca: must be set",
        "client_ca: DIR/cert.pem       | client_auth: must be optional or required",
        "client_ca: DIR/no.pem         | client_auth",
      })
  void refusesWhatIsOutOfRangeOrDoesNotGoTogether(String line, String told) {
    assertThat(problemsOfPair(line)).isNotEmpty().allMatch(text -> text.contains("server.tls."));
    assertThat(problemsOfPair(line)).anyMatch(text -> text.contains(told));
  }

  @Test
  void needsBothFiles() {
    assertThat(problems("certificate: DIR/cert.pem"))
        .singleElement()
        .asString()
        .contains("server.tls.key: must be set too");
    assertThat(problems("key: DIR/key.pem"))
        .singleElement()
        .asString()
        .contains("server.tls.certificate: must be set too");
  }

  @Test
  void namesAFileThatIsMissingOrNoFile() throws Exception {
    assertThat(problems("certificate: DIR/no.pem", "key: DIR/key.pem"))
        .singleElement()
        .asString()
        .startsWith("test.yml:3: server.tls.certificate: ")
        .endsWith("no.pem does not exist");
    assertThat(problems("certificate: DIR", "key: DIR/key.pem"))
        .singleElement()
        .asString()
        .contains("is a folder");
    Files.writeString(folder.resolve("empty.pem"), "");
    assertThat(problems("certificate: DIR/cert.pem", "key: DIR/empty.pem"))
        .singleElement()
        .asString()
        .contains("server.tls.key: ", "empty.pem", "no -----BEGIN PRIVATE KEY-----");
  }

  @Test
  void saysHowToConvertDer() throws Exception {
    Files.write(folder.resolve("cert.pem"), pair.certificate().getEncoded());

    assertThat(problemsOfPair())
        .singleElement()
        .asString()
        .contains("cert.pem", "openssl x509 -inform der");
  }

  @ParameterizedTest
  @CsvSource({
    "RSA PRIVATE KEY, old form 'RSA PRIVATE KEY'",
    "EC PRIVATE KEY, old form 'EC PRIVATE KEY'",
    "ENCRYPTED PRIVATE KEY, decrypt it by: openssl pkey -in OLD -out NEW",
    "PUBLIC KEY, 'but PUBLIC KEY'"
  })
  void saysHowToConvertAKeyOfAnotherForm(String label, String told) throws Exception {
    Files.writeString(
        folder.resolve("key.pem"), TestAuthority.pem(label, pair.keys().getPrivate().getEncoded()));

    assertThat(problemsOfPair()).singleElement().asString().contains("key.pem", told).as(label);
  }

  @Test
  void saysThatAKeyIsEncryptedInTheOldWay() throws Exception {
    String old =
        pair.keyPem()
            .replace(
                "PRIVATE KEY-----\n",
                "PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n")
            .replace(
                "END PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
                "END PRIVATE KEY-----\n");
    Files.writeString(folder.resolve("key.pem"), old);

    assertThat(problemsOfPair())
        .singleElement()
        .asString()
        .contains("key.pem", "encrypted", "openssl pkey -in OLD -out NEW");
  }

  @ParameterizedTest
  @CsvSource({"EC", "RSA", "Ed25519"})
  void refusesTheKeyOfAnotherCertificate(String algorithm) throws Exception {
    Files.writeString(folder.resolve("key.pem"), authority.issue("other", algorithm).keyPem());

    assertThat(problemsOfPair())
        .singleElement()
        .asString()
        .contains("server.tls.key", "key.pem", "cert.pem", "CN=localhost", "is not the one of");
  }

  @Test
  void refusesAChainInTheWrongOrder() throws Exception {
    Files.writeString(
        folder.resolve("cert.pem"),
        TestAuthority.pem("CERTIFICATE", authority.certificate.getEncoded())
            + pair.certificatePem());

    assertThat(problemsOfPair())
        .singleElement()
        .asString()
        .contains("is number 2; it must be the first");
  }

  @Test
  void refusesDamagedBlocks() throws Exception {
    Files.writeString(
        folder.resolve("cert.pem"), TestAuthority.pem("CERTIFICATE", new byte[] {1, 2, 3}));
    assertThat(problemsOfPair()).singleElement().asString().contains("certificate 1 is damaged");

    pair.writeTo(folder);
    Files.writeString(
        folder.resolve("key.pem"), TestAuthority.pem("PRIVATE KEY", new byte[] {1, 2, 3}));
    assertThat(problemsOfPair()).singleElement().asString().contains("its key is damaged");
  }

  @Test
  void takesAKeyThatStandsInTheCertificatesFile() throws Exception {
    Files.writeString(folder.resolve("both.pem"), pair.keyPem() + pair.certificatePem());

    assertThat(problems("certificate: DIR/both.pem", "key: DIR/both.pem")).isEmpty();
  }
}
