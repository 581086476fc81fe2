package llm.providers.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Whom TLS to an upstream trusts: the JDK's authorities, and those of a {@code ca_file}. */
final class Certificates {
  private static final long MAX_FILE_BYTES = 1 << 20;

  private Certificates() {}

  /**
   * The authorities of a PEM file.
   *
   * @throws IllegalArgumentException with a message that names the file and what is wrong
   */
  static List<X509Certificate> read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new IllegalArgumentException(file + " is larger than " + MAX_FILE_BYTES + " bytes");
      }
      var in = new ByteArrayInputStream(Files.readAllBytes(file));
      var found = new ArrayList<X509Certificate>();
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        found.add((X509Certificate) certificate);
      }
      if (found.isEmpty()) {
        throw new IllegalArgumentException(file + " has no -----BEGIN CERTIFICATE-----");
      }
      return List.copyOf(found);
    } catch (IOException e) {
      throw new IllegalArgumentException(file + " cannot be read: " + e.getClass().getSimpleName());
    } catch (CertificateException e) {
      throw new IllegalArgumentException(file + " is not a PEM file of certificates");
    }
  }

  /** A context that trusts the JDK's authorities and these. */
  static SSLContext context(List<X509Certificate> more) {
    try {
      if (more.isEmpty()) {
        return SSLContext.getDefault();
      }
      var store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int index = 0;
      for (X509Certificate known : defaultAuthorities()) {
        store.setCertificateEntry("jdk-" + index++, known);
      }
      for (X509Certificate added : more) {
        store.setCertificateEntry("file-" + index++, added);
      }
      var context = SSLContext.getInstance("TLS");
      context.init(null, managers(store), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException("the JDK has no usable TLS: " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> defaultAuthorities() throws GeneralSecurityException {
    for (TrustManager manager : managers(null)) {
      if (manager instanceof X509TrustManager trust) {
        return List.of(trust.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static TrustManager[] managers(KeyStore store) throws GeneralSecurityException {
    var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }
}
