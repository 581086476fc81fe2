package llm.domain.store;

import java.util.Objects;

/** A store could not do what it was asked. */
public final class StoreException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  /** What is wrong. */
  public enum Reason {
    /**
     * It cannot be reached, or did not answer in time. What was asked may have been done all the
     * same; asking again is safe.
     */
    UNAVAILABLE,
    /** The log has gone on or is another one, by another's doing. Nothing was done. */
    CONFLICT,
    /** More than the store's limits allow. Nothing was done. */
    FULL,
    /** One append, or one value, is larger than the store takes. Nothing was done. */
    TOO_LARGE,
    /** What is stored cannot be read. */
    DAMAGED
  }

  /**
   * With a sentence that may be shown to a client.
   *
   * @param reason what is wrong
   * @param message what, where, and what would help; no secrets, no paths
   */
  public StoreException(Reason reason, String message) {
    super(message);
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  /** The same, with what caused it for the log. */
  public StoreException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = Objects.requireNonNull(reason, "reason");
  }

  /** What is wrong. */
  public Reason reason() {
    return reason;
  }
}
