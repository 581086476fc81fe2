package llm.providers.transport;

import java.io.IOException;
import java.util.Locale;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;

/** Why an exchange with an upstream came to nothing, or broke off. */
public final class TransportException extends IOException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is; it decides what a provider makes of it. */
  public enum Kind {
    /** No connection: the name, the route, the port, the proxy. The upstream saw nothing. */
    CONNECT,
    /** The TLS handshake failed: certificate, name, version. The upstream saw nothing. */
    TLS,
    /** No connection of the pool became free in time. The upstream saw nothing. */
    POOL_EXHAUSTED,
    /** The upstream did not answer, or fell silent, for longer than its limit. */
    TIMEOUT,
    /** The connection ended before the answer did. */
    CUT,
    /** What came is not HTTP, or exceeds a limit. */
    PROTOCOL,
    /** The call was cancelled, or the transport closed. */
    CANCELLED
  }

  private final Kind kind;

  /**
   * A failure.
   *
   * @param message one sentence, safe to show to a client: no address with credentials, no secret
   */
  public TransportException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** A failure without a cause. */
  public TransportException(Kind kind, String message) {
    this(kind, message, null);
  }

  /** The call was cancelled. */
  public static TransportException cancelled(Call call) {
    String reason = call.cancelled().map(CancelReason::name).orElse("unknown");
    return new TransportException(
        Kind.CANCELLED, "the call was cancelled: " + reason.toLowerCase(Locale.ROOT));
  }

  /** The transport was closed. */
  public static TransportException closed() {
    return new TransportException(Kind.CANCELLED, "the transport is closed");
  }

  /** The response was closed before its end. */
  public static TransportException responseClosed() {
    return new TransportException(Kind.CANCELLED, "the response is closed");
  }

  /** What kind of failure it is. */
  public Kind kind() {
    return kind;
  }
}
