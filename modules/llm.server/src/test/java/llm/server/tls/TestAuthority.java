package llm.server.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A certificate authority of a test (RFC 5280), and the files and clients made of it. */
public final class TestAuthority {
  private static final byte[] V3 = Der.tagged(0xA0, Der.integer(2));
  private static final byte[] SUBJECT_ALT_NAME = Der.oid("2.5.29.17");
  private static final byte[] BASIC_CONSTRAINTS = Der.oid("2.5.29.19");
  private static final AtomicLong SERIAL = new AtomicLong(1);

  private final String name;
  private final KeyPair keys;
  public final X509Certificate certificate;

  /** A certificate and its key. */
  public record Issued(X509Certificate certificate, KeyPair keys) {
    public String certificatePem() throws GeneralSecurityException {
      return pem("CERTIFICATE", certificate.getEncoded());
    }

    public String keyPem() {
      return pem("PRIVATE KEY", keys.getPrivate().getEncoded());
    }

    /** Writes {@code cert.pem} and {@code key.pem}. */
    public void writeTo(Path folder) throws IOException, GeneralSecurityException {
      Files.writeString(folder.resolve("cert.pem"), certificatePem());
      Files.writeString(folder.resolve("key.pem"), keyPem());
    }
  }

  public TestAuthority(String name) throws GeneralSecurityException {
    this.name = name;
    this.keys = keys("EC");
    Instant now = Instant.now();
    this.certificate =
        sign(
            name,
            keys,
            now.minus(Duration.ofDays(1)),
            now.plus(Duration.ofDays(30)),
            extension(BASIC_CONSTRAINTS, Der.sequence(Der.bool(true))));
  }

  /** A pair for localhost and 127.0.0.1, from a day ago to in a year. */
  public Issued issue(String subject, String algorithm) throws GeneralSecurityException {
    Instant now = Instant.now();
    return issue(subject, algorithm, now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(365)));
  }

  public Issued issue(String subject, String algorithm, Instant from, Instant until)
      throws GeneralSecurityException {
    byte[] hosts =
        Der.sequence(
            Der.tagged(0x82, "localhost".getBytes(java.nio.charset.StandardCharsets.US_ASCII)),
            Der.tagged(0x87, new byte[] {127, 0, 0, 1}));
    KeyPair pair = keys(algorithm);
    return new Issued(sign(subject, pair, from, until, extension(SUBJECT_ALT_NAME, hosts)), pair);
  }

  public Issued issueWithoutHosts(String subject) throws GeneralSecurityException {
    Instant now = Instant.now();
    KeyPair pair = keys("EC");
    byte[] leaf = extension(BASIC_CONSTRAINTS, Der.sequence());
    return new Issued(
        sign(subject, pair, now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(365)), leaf),
        pair);
  }

  /** A client's side that trusts this authority and nobody else. */
  public SSLContext client() throws GeneralSecurityException, IOException {
    return client(null);
  }

  /** The same, that shows {@code own}. */
  public SSLContext client(Issued own) throws GeneralSecurityException, IOException {
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("ca", certificate);
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(own == null ? null : shown(own), trust.getTrustManagers(), null);
    return context;
  }

  private static KeyManager[] shown(Issued own) throws GeneralSecurityException, IOException {
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "own", own.keys().getPrivate(), new char[0], new X509Certificate[] {own.certificate()});
    var factory = KeyManagerFactory.getInstance("SunX509");
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  public static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der), label);
  }

  static KeyPair keys(String algorithm) throws GeneralSecurityException {
    var generator = KeyPairGenerator.getInstance(algorithm);
    switch (algorithm) {
      case "EC" -> generator.initialize(new ECGenParameterSpec("secp256r1"));
      case "RSA" -> generator.initialize(2048);
      default -> {} // Ed25519 has one size
    }
    return generator.generateKeyPair();
  }

  private static byte[] extension(byte[] oid, byte[] value) {
    return Der.sequence(oid, Der.octets(value));
  }

  private static byte[] distinguished(String commonName) {
    return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.text(commonName))));
  }

  private X509Certificate sign(
      String subject, KeyPair pair, Instant from, Instant until, byte[] extension)
      throws GeneralSecurityException {
    byte[] algorithm = Der.sequence(Der.oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
    byte[] signed =
        Der.sequence(
            V3,
            Der.integer(SERIAL.getAndIncrement()),
            algorithm,
            distinguished(name),
            Der.sequence(Der.time(from), Der.time(until)),
            distinguished(subject),
            pair.getPublic().getEncoded(),
            Der.tagged(0xA3, Der.sequence(extension)));
    var signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(keys.getPrivate());
    signature.update(signed);
    byte[] whole = Der.sequence(signed, algorithm, Der.bits(signature.sign()));
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(whole));
  }
}
