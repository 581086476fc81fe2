package llm.server.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import llm.server.tls.PemFile.Block;

/** Certificates and keys out of PEM files; what is not there is told with the remedy. */
final class PemReader {
  private static final String CERTIFICATE = "CERTIFICATE"; // RFC 7468, section 5
  private static final String PRIVATE_KEY = "PRIVATE KEY"; // PKCS#8: RFC 7468, section 10
  private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA", "RSASSA-PSS");

  private PemReader() {}

  /** Every certificate of the file, in its order; at least one. */
  static List<X509Certificate> certificates(PemFile file) throws TlsProblem {
    var found = new ArrayList<X509Certificate>();
    for (Block block : file.blocks()) {
      if (block.label().equals(CERTIFICATE)) {
        found.add(certificate(file, block, found.size() + 1));
      }
    }
    if (found.isEmpty()) {
      throw file.problem(
          "no -----BEGIN CERTIFICATE----- in it; a PEM file is needed (of DER make one by: openssl"
              + " x509 -inform der -in OLD -out NEW)");
    }
    return found;
  }

  private static X509Certificate certificate(PemFile file, Block block, int number)
      throws TlsProblem {
    byte[] der = file.decode(block);
    try {
      var factory = CertificateFactory.getInstance("X.509");
      return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    } catch (CertificateException damaged) {
      throw new TlsProblem(
          file.setting(),
          file.path() + ": its certificate " + number + " is damaged: " + damaged.getMessage(),
          damaged);
    }
  }

  /** The file's one private key. */
  static PrivateKey key(PemFile file) throws TlsProblem {
    var labels = new ArrayList<String>();
    for (Block block : file.blocks()) {
      if (block.isEncrypted()) {
        throw file.problem(
            "its key is encrypted and the server has no password for it; decrypt it by: openssl"
                + " pkey -in OLD -out NEW");
      }
      if (block.label().equals(PRIVATE_KEY)) {
        return privateKey(file, file.decode(block));
      }
      labels.add(block.label());
    }
    for (String label : labels) {
      if (label.endsWith(" PRIVATE KEY")) { // RSA: PKCS#1; EC: SEC 1
        throw file.problem(
            "its key is in the old form '"
                + label
                + "', PKCS#8 is needed; convert it by: openssl pkey -in OLD -out NEW");
      }
    }
    throw file.problem(
        "no -----BEGIN PRIVATE KEY----- in it"
            + (labels.isEmpty() ? "" : ", but " + String.join(", ", labels))
            + "; a PEM file with a PKCS#8 key is needed");
  }

  private static PrivateKey privateKey(PemFile file, byte[] der) throws TlsProblem {
    for (String algorithm : KEY_ALGORITHMS) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (InvalidKeySpecException _) {
        continue; // another algorithm's, or damaged
      } catch (GeneralSecurityException missing) {
        throw new IllegalStateException("the JDK lacks " + algorithm, missing);
      }
    }
    throw file.problem(
        "its key is damaged, or of a kind that TLS does not use (RSA, EC and Ed25519 are)");
  }
}
