package llm.core.testkit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A certificate authority of a test's own (X.509, RFC 5280; EC P-256) and the server certificates
 * it signs. Thread-safe.
 */
public final class TestAuthority {
  private static final String SIGNATURE = "SHA256withECDSA";
  private static final byte[] SIGNATURE_ID = Der.sequence(Der.oid("1.2.840.10045.4.3.2"));
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);
  private static final char[] NO_PASSWORD = new char[0];
  private static final Duration YEAR = Duration.ofDays(365);

  private final AtomicInteger serial = new AtomicInteger(1);
  private final String name;
  private final KeyPair keys = newKeys();
  private final Certificate certificate;

  private TestAuthority(String name) {
    this.name = name;
    byte[] extension = extension("2.5.29.19", Der.sequence(Der.TRUE)); // a CA: basicConstraints
    Instant now = Instant.now();
    certificate = sign(name, keys, now.minus(YEAR), now.plus(YEAR), extension);
  }

  /** An authority with new keys. */
  public static TestAuthority create() {
    return new TestAuthority("Test Authority");
  }

  /** Its certificate as PEM, for a {@code ca_file}. */
  public String pem() {
    try {
      var encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
      return "-----BEGIN CERTIFICATE-----\n"
          + encoder.encodeToString(certificate.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A server's context with a certificate for these DNS names and IP addresses, valid today. */
  public SSLContext server(String... names) {
    Instant now = Instant.now();
    return context(now.minus(YEAR), now.plus(YEAR), names);
  }

  /** The same, but no longer valid since yesterday. */
  public SSLContext expiredServer(String... names) {
    Instant now = Instant.now();
    return context(now.minus(YEAR), now.minus(Duration.ofDays(1)), names);
  }

  private SSLContext context(Instant from, Instant until, String... names) {
    try {
      KeyPair own = newKeys();
      byte[] extension = extension("2.5.29.17", alternativeNames(names));
      Certificate signed = sign(names[0], own, from, until, extension);
      var store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry(
          "server", own.getPrivate(), NO_PASSWORD, new Certificate[] {signed, certificate});
      var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(store, NO_PASSWORD);
      var context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), null, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** RFC 5280, section 4.1: the certificate and its signature by this authority's key. */
  private Certificate sign(
      String subject, KeyPair own, Instant from, Instant until, byte[] extension) {
    byte[] unsigned =
        Der.sequence(
            Der.tagged(0xA0, Der.tagged(Der.INTEGER, new byte[] {2})), // version 3
            Der.tagged(Der.INTEGER, BigInteger.valueOf(serial.getAndIncrement()).toByteArray()),
            SIGNATURE_ID,
            distinguished(name),
            Der.sequence(time(from), time(until)),
            distinguished(subject),
            own.getPublic().getEncoded(),
            Der.tagged(0xA3, Der.sequence(extension)));
    try {
      var signature = Signature.getInstance(SIGNATURE);
      signature.initSign(keys.getPrivate());
      signature.update(unsigned);
      byte[] whole = Der.sequence(unsigned, SIGNATURE_ID, Der.bits(signature.sign()));
      return CertificateFactory.getInstance("X.509")
          .generateCertificate(new ByteArrayInputStream(whole));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] alternativeNames(String... names) {
    byte[][] encoded = new byte[names.length][];
    for (int i = 0; i < names.length; i++) {
      boolean address = names[i].matches("[0-9.]+|.*:.*");
      encoded[i] =
          address
              ? Der.tagged(0x87, addressBytes(names[i]))
              : Der.tagged(0x82, names[i].getBytes(StandardCharsets.US_ASCII));
    }
    return Der.sequence(encoded);
  }

  private static byte[] addressBytes(String literal) {
    return InetAddress.ofLiteral(literal).getAddress();
  }

  private static byte[] extension(String id, byte[] value) {
    return Der.sequence(Der.oid(id), Der.TRUE, Der.tagged(Der.OCTET_STRING, value));
  }

  private static byte[] distinguished(String commonName) {
    byte[] name = Der.sequence(Der.oid("2.5.4.3"), Der.text(Der.UTF8_STRING, commonName));
    return Der.sequence(Der.tagged(Der.SET, name));
  }

  private static byte[] time(Instant at) {
    return Der.text(Der.GENERALIZED_TIME, TIME.format(at));
  }

  private static KeyPair newKeys() {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
