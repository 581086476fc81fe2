package llm.server.tls;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import llm.core.concurrent.Alarms;
import llm.core.telemetry.Log;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Registration;

/**
 * Keeps certificate and key as the files have them. The files are read and compared whole, so that
 * links that are switched and files of the same size and time are noticed; they are small.
 *
 * <p>A pair that cannot serve is told once, and the one before serves on: who writes certificate
 * and key one after the other has both taken at the next look.
 *
 * <p>Thread-safe: any thread asks for the context; one look at a time writes.
 */
final class CertificateWatch implements AutoCloseable {
  /** From when on an end is announced. */
  private static final Duration SOON = Duration.ofDays(14);

  private final TlsSettings settings;
  private final Alarms alarms;
  private final Executor blocking;
  private final Log log;
  private volatile TlsMaterial current;
  private volatile boolean closed;
  private volatile Registration next = () -> {};
  private String judged; // digest of the last look; written by one look at a time
  private String toldProblem = ""; // likewise
  private Validity told = Validity.GOOD; // likewise

  private enum Validity {
    GOOD,
    NOT_YET,
    ENDS_SOON,
    OVER
  }

  /**
   * Begins with what was loaded.
   *
   * @param blocking runs a look, which reads files
   */
  CertificateWatch(
      TlsSettings settings,
      TlsMaterial loaded,
      Telemetry telemetry,
      Alarms alarms,
      Executor blocking) {
    this.settings = settings;
    this.alarms = alarms;
    this.blocking = blocking;
    this.log = telemetry.log("llm.server.tls");
    this.current = loaded;
    this.judged = loaded.digest();
    telemetry
        .metrics()
        .gauge(
            "tls_certificate_expiry_timestamp_seconds",
            "When the certificate of the port ends, in seconds since 1970.",
            () -> current.notAfter().getEpochSecond());
    warn(loaded);
    arm();
  }

  /** Whether the certificate that new connections get is signed by no authority. */
  boolean isSelfSigned() {
    return current.selfSigned();
  }

  /** What new connections are made with. */
  SSLContext context() {
    return current.context();
  }

  private void arm() {
    if (settings.reload().isZero() || closed) {
      return;
    }
    long at = alarms.time().nanoTime() + settings.reload().toNanos();
    next = alarms.at(at, () -> blocking.execute(this::lookAndArm));
    if (closed) {
      next.close(); // close() came between
    }
  }

  private void lookAndArm() {
    try {
      look();
    } catch (RuntimeException bug) {
      log.error("tls_reload_failed").cause(bug).emit();
    } finally {
      arm();
    }
  }

  private void look() {
    try {
      String digest = TlsMaterial.digest(settings);
      if (!digest.equals(judged)) {
        judged = digest;
        take(TlsMaterial.load(settings));
      } else if (digest.equals(current.digest())) {
        toldProblem = ""; // a file that was away is back
      }
    } catch (TlsProblem wrong) {
      tell(wrong);
    }
    warnOfTime(current);
  }

  private void take(TlsMaterial loaded) {
    toldProblem = "";
    judged = loaded.digest(); // the files may have changed again since they were compared
    if (loaded.digest().equals(current.digest())) {
      return; // put back what serves already
    }
    current = loaded;
    log.info("tls_reloaded")
        .put("subject", loaded.subject())
        .put("not_after", loaded.notAfter().toString())
        .emit();
    warn(loaded);
  }

  /** Says a problem when it is another than the last. */
  private void tell(TlsProblem wrong) {
    if (wrong.getMessage().equals(toldProblem)) {
      return;
    }
    toldProblem = wrong.getMessage();
    log.warn("tls_reload_failed")
        .put("setting", "server.tls." + wrong.setting())
        .put("message", wrong.getMessage() + "; the certificate loaded before serves on")
        .put("not_after", current.notAfter().toString())
        .emit();
  }

  private void warn(TlsMaterial loaded) {
    for (String text : loaded.warnings()) {
      log.warn("tls_certificate_warning").put("message", text).emit();
    }
    told = Validity.GOOD;
    warnOfTime(loaded);
  }

  /** Says that a certificate ends, once at each step. */
  private void warnOfTime(TlsMaterial material) {
    Validity now = validity(material, alarms.time().now());
    if (now == told) {
      return;
    }
    told = now;
    String words =
        switch (now) {
          case GOOD -> "";
          case NOT_YET -> " does not hold before " + material.notBefore();
          case ENDS_SOON -> " ends at " + material.notAfter();
          case OVER -> " has ended at " + material.notAfter() + ": clients refuse it";
        };
    if (!words.isEmpty()) {
      log.warn("tls_certificate_warning")
          .put("message", settings.certificate() + words)
          .put("not_after", material.notAfter().toString())
          .emit();
    }
  }

  private static Validity validity(TlsMaterial material, Instant now) {
    if (now.isBefore(material.notBefore())) {
      return Validity.NOT_YET;
    }
    if (now.isAfter(material.notAfter())) {
      return Validity.OVER;
    }
    return now.isAfter(material.notAfter().minus(SOON)) ? Validity.ENDS_SOON : Validity.GOOD;
  }

  /** Looks no more; what was loaded stays. */
  @Override
  public void close() {
    closed = true;
    next.close();
  }
}
