package llm.server.tls;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * Certificate, key and authorities of one moment, found to fit together. Each has a context of its
 * own: sessions of an older one cannot be resumed, so a certificate or an authority that was taken
 * away is gone for new connections.
 *
 * @param context makes the sockets
 * @param subject whose certificate it is
 * @param selfSigned whether it says itself that it may be trusted, and nobody else
 * @param notBefore when it begins to hold
 * @param notAfter when it ends
 * @param warnings what is legal and will surprise, as sentences
 * @param digest of all the files, in hex
 */
record TlsMaterial(
    SSLContext context,
    String subject,
    boolean selfSigned,
    Instant notBefore,
    Instant notAfter,
    List<String> warnings,
    String digest) {

  private static final byte[] PROBE = "llm.server".getBytes(StandardCharsets.US_ASCII);

  /** The files as they are now, to see whether they changed. */
  private record Files(PemFile certificate, PemFile key, Optional<PemFile> clientCa) {
    static Files read(TlsSettings settings) throws TlsProblem {
      var certificate = PemFile.read("certificate", settings.certificate());
      var key = PemFile.read("key", settings.key());
      var clientCa =
          settings.clientCa().isEmpty()
              ? Optional.<PemFile>empty()
              : Optional.of(PemFile.read("client_ca", settings.clientCa().get()));
      return new Files(certificate, key, clientCa);
    }

    String digest() {
      try {
        var sha = MessageDigest.getInstance("SHA-256");
        for (PemFile file : List.of(certificate, key, clientCa.orElse(key))) {
          sha.update((file.text().length() + ":" + file.text()).getBytes(StandardCharsets.UTF_8));
        }
        return HexFormat.of().formatHex(sha.digest());
      } catch (GeneralSecurityException impossible) {
        throw new IllegalStateException("every JDK has SHA-256", impossible);
      }
    }
  }

  /** Copies the list. */
  TlsMaterial {
    warnings = List.copyOf(warnings);
  }

  /** The digest that {@link #load} would have. */
  static String digest(TlsSettings settings) throws TlsProblem {
    return Files.read(settings).digest();
  }

  /** Reads the files and tries whether they fit. Blocks on files. */
  static TlsMaterial load(TlsSettings settings) throws TlsProblem {
    Files files = Files.read(settings);
    List<X509Certificate> chain = PemReader.certificates(files.certificate());
    PrivateKey key = PemReader.key(files.key());
    requireFit(files, chain, key);
    X509Certificate leaf = chain.getFirst();
    return new TlsMaterial(
        context(new OneKey(key, chain), files.clientCa()),
        leaf.getSubjectX500Principal().getName(),
        leaf.getIssuerX500Principal().equals(leaf.getSubjectX500Principal()),
        leaf.getNotBefore().toInstant(),
        leaf.getNotAfter().toInstant(),
        warnings(settings, leaf),
        files.digest());
  }

  private static void requireFit(Files files, List<X509Certificate> chain, PrivateKey key)
      throws TlsProblem {
    for (int i = 0; i < chain.size(); i++) {
      if (!fit(chain.get(i).getPublicKey(), key)) {
        continue;
      }
      if (i > 0) {
        throw files
            .certificate()
            .problem("the certificate of the key is number " + (i + 1) + "; it must be the first");
      }
      return;
    }
    throw files
        .key()
        .problem(
            "this "
                + key.getAlgorithm()
                + " key is not the one of "
                + files.certificate().path()
                + ", whose certificate is for "
                + chain.getFirst().getSubjectX500Principal().getName()
                + " with an "
                + chain.getFirst().getPublicKey().getAlgorithm()
                + " key; use the key that this certificate was requested with");
  }

  private static boolean fit(PublicKey open, PrivateKey secret) {
    if (open instanceof RSAKey left && secret instanceof RSAKey right) {
      return left.getModulus().equals(right.getModulus());
    }
    String algorithm = secret.getAlgorithm().equals("EC") ? "SHA256withECDSA" : "EdDSA";
    try {
      var signature = Signature.getInstance(algorithm);
      signature.initSign(secret);
      signature.update(PROBE);
      byte[] signed = signature.sign();
      signature.initVerify(open);
      signature.update(PROBE);
      return signature.verify(signed);
    } catch (GeneralSecurityException _) {
      return false; // of another algorithm or curve
    }
  }

  private static SSLContext context(KeyManager key, Optional<PemFile> clientCa) throws TlsProblem {
    try {
      var context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {key}, trust(clientCa), null);
      return context;
    } catch (GeneralSecurityException | IOException impossible) {
      throw new IllegalStateException("this JDK has no TLS", impossible);
    }
  }

  /**
   * Nobody is trusted without the file: without an array the JDK would take its own authorities.
   */
  private static TrustManager[] trust(Optional<PemFile> clientCa)
      throws TlsProblem, GeneralSecurityException, IOException {
    if (clientCa.isEmpty()) {
      return new TrustManager[0];
    }
    var store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    int number = 0;
    for (X509Certificate authority : PemReader.certificates(clientCa.get())) {
      store.setCertificateEntry("ca" + number++, authority);
    }
    var factory = TrustManagerFactory.getInstance("PKIX");
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static List<String> warnings(TlsSettings settings, X509Certificate leaf) {
    var warnings = new ArrayList<String>();
    try {
      if (leaf.getSubjectAlternativeNames() == null) {
        warnings.add(
            settings.certificate()
                + " names no host (subjectAltName): most clients will refuse it");
      }
    } catch (CertificateParsingException damaged) {
      warnings.add(settings.certificate() + ": its host names cannot be read: " + damaged);
    }
    return warnings;
  }
}
