package llm.server.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Certificates that change while the server runs; time is stepped by hand. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CertificateWatchTest {
  @TempDir private Path folder;
  private TestAuthority authority;
  private SSLContext client;

  @BeforeEach
  void writePair() throws Exception {
    authority = new TestAuthority("Test Root");
    client = authority.client();
    authority.issue("first", "EC").writeTo(folder);
  }

  @Test
  void newConnectionsGetTheNewPairAndOldOnesLiveOn() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder));
        SSLSocket old = port.client(client)) {
      TlsPort.echo(old);
      var second = authority.issue("second", "EC");
      second.writeTo(folder);

      assertThat(port.subject(client)).isEqualTo("CN=first");
      port.clock.advance(TlsPort.LOOK);

      assertThat(port.subject(client)).isEqualTo("CN=second"); // no session of the old is resumed
      assertThat(TlsPort.echo(old)).isEqualTo("hello");
      assertThat(port.telemetry.trail()).containsOnlyOnce("tls_reloaded");
      assertThat(port.telemetry.events("tls_reloaded").getFirst().fields())
          .isEqualTo(
              Map.of(
                  "subject",
                  "CN=second",
                  "not_after",
                  second.certificate().getNotAfter().toInstant().toString()));
    }
  }

  @Test
  void looksAgainAndAgain() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      for (String name : List.of("second", "third", "fourth")) {
        authority.issue(name, "EC").writeTo(folder);
        port.clock.advance(TlsPort.LOOK);
        assertThat(port.subject(client)).isEqualTo("CN=" + name);
      }
      assertThat(port.telemetry.events("tls_reloaded")).hasSize(3);
    }
  }

  @Test
  void noticesAFileOfTheSameTime() throws Exception {
    Path file = folder.resolve("cert.pem");
    FileTime before = Files.getLastModifiedTime(file);
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      authority.issue("other", "EC").writeTo(folder);
      Files.setLastModifiedTime(file, before);
      port.clock.advance(TlsPort.LOOK);

      assertThat(port.subject(client)).isEqualTo("CN=other");
    }
  }

  @Test
  void keepsThePairWhenTheNewOneIsBrokenAndSaysSoOnce() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      Files.writeString(folder.resolve("cert.pem"), "half a file");
      port.clock.advance(TlsPort.LOOK.multipliedBy(3));

      assertThat(port.subject(client)).isEqualTo("CN=first");
      assertThat(port.telemetry.events("tls_reload_failed")).hasSize(1);
      assertThat(port.telemetry.events("tls_reload_failed").getFirst().text("message"))
          .get()
          .asString()
          .contains("cert.pem", "no -----BEGIN CERTIFICATE-----", "serves on");

      authority.issue("mended", "EC").writeTo(folder);
      port.clock.advance(TlsPort.LOOK);
      assertThat(port.subject(client)).isEqualTo("CN=mended");
    }
  }

  @Test
  void takesAPairWhoseHalvesComeOneAfterTheOther() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      var second = authority.issue("second", "EC");
      Files.writeString(folder.resolve("cert.pem"), second.certificatePem());
      port.clock.advance(TlsPort.LOOK);
      assertThat(port.subject(client)).isEqualTo("CN=first");
      assertThat(port.telemetry.events("tls_reload_failed").getFirst().text("setting"))
          .contains("server.tls.key");

      Files.writeString(folder.resolve("key.pem"), second.keyPem());
      port.clock.advance(TlsPort.LOOK);
      assertThat(port.subject(client)).isEqualTo("CN=second");
    }
  }

  @Test
  void aFileThatIsAwayAndBackIsNoNews() throws Exception {
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      Path key = folder.resolve("key.pem");
      for (int i = 0; i < 2; i++) {
        Files.move(key, folder.resolve("away"));
        port.clock.advance(TlsPort.LOOK);
        Files.move(folder.resolve("away"), key);
        port.clock.advance(TlsPort.LOOK);
      }

      assertThat(port.subject(client)).isEqualTo("CN=first");
      assertThat(port.telemetry.trail().stream().filter(name -> name.startsWith("tls_reload")))
          .containsExactly("tls_reload_failed", "tls_reload_failed");
    }
  }

  @Test
  void anAuthorityThatIsTakenAwayAdmitsNobodyMore() throws Exception {
    var staff = new TestAuthority("Staff");
    Path file = folder.resolve("clients.pem");
    Files.writeString(file, TestAuthority.pem("CERTIFICATE", staff.certificate.getEncoded()));
    var settings =
        TlsPort.settings(
            folder, Optional.of(file), ClientAuth.REQUIRED, List.of("TLSv1.3", "TLSv1.2"));
    SSLContext ada = authority.client(staff.issue("ada", "EC"));
    try (var port = new TlsPort(settings)) {
      assertThat(port.subject(ada)).isEqualTo("CN=first");
      Files.writeString(
          file,
          TestAuthority.pem("CERTIFICATE", new TestAuthority("Other").certificate.getEncoded()));
      assertThat(port.outcome()).isEqualTo("ok");
      port.clock.advance(TlsPort.LOOK);

      try (SSLSocket socket = port.client(ada)) {
        socket.setSoTimeout(20_000);
        assertThat(port.telemetry.events("tls_reloaded")).hasSize(1);
        try {
          TlsPort.echo(socket);
        } catch (java.io.IOException refused) {
          assertThat(refused).isNotNull();
        }
        assertThat(port.outcome()).isNotEqualTo("ok");
      }
    }
  }

  @Test
  void looksNoMoreWhenClosedOrToldNotTo() throws Exception {
    var never =
        with(settings ->
            new TlsSettings(
                settings.certificate(),
                settings.key(),
                settings.clientCa(),
                settings.clientAuth(),
                settings.protocols(),
                settings.handshakeTimeout(),
                Duration.ZERO));
    try (var port = new TlsPort(never)) {
      assertThat(port.clock.alarmCount()).isZero();
    }
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      assertThat(port.clock.alarmCount()).isEqualTo(1);
      port.layer.close();
      assertThat(port.clock.alarmCount()).isZero();
    }
  }

  private TlsSettings with(UnaryOperator<TlsSettings> change) {
    return change.apply(TlsPort.settings(folder));
  }

  @Test
  void tellsWhenTheCertificateEnds() throws Exception {
    Instant now = Instant.now();
    Instant end = now.plus(Duration.ofDays(20)).truncatedTo(java.time.temporal.ChronoUnit.SECONDS);
    authority.issue("ending", "EC", now.minusSeconds(60), end).writeTo(folder);
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      assertThat(port.telemetry.metrics().prometheusText())
          .containsPattern("tls_certificate_expiry_timestamp_seconds [0-9.E]+\n");
      assertThat(port.telemetry.events("tls_certificate_warning")).isEmpty();

      port.clock.advance(Duration.ofDays(7));
      assertThat(port.telemetry.events("tls_certificate_warning")).hasSize(1);
      assertThat(port.telemetry.events("tls_certificate_warning").getLast().text("message"))
          .get()
          .asString()
          .contains("ends at " + end);

      port.clock.advance(Duration.ofDays(14));
      assertThat(port.telemetry.events("tls_certificate_warning")).hasSize(2);
      assertThat(port.telemetry.events("tls_certificate_warning").getLast().text("message"))
          .get()
          .asString()
          .contains("has ended");
    }
  }

  @Test
  void startsWithACertificateThatHasEndedAndWarns() throws Exception {
    Instant now = Instant.now();
    authority
        .issue("old", "EC", now.minus(Duration.ofDays(9)), now.minus(Duration.ofDays(2)))
        .writeTo(folder);
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      assertThat(port.telemetry.events("tls_certificate_warning").getFirst().text("message"))
          .get()
          .asString()
          .contains("has ended", "clients refuse it");
    }
  }

  @Test
  void warnsOfACertificateWithoutHostNames() throws Exception {
    authority.issueWithoutHosts("nameless").writeTo(folder);
    try (var port = new TlsPort(TlsPort.settings(folder))) {
      assertThat(port.telemetry.events("tls_certificate_warning").getFirst().text("message"))
          .get()
          .asString()
          .contains("cert.pem", "subjectAltName");
    }
  }
}
