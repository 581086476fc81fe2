package llm.gpu.gguf;

/** A file that is no usable model. The message completes "the file …" and is safe to show. */
public final class GgufException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What is wrong, as {@code "is truncated: …"}. */
  public GgufException(String message) {
    super(message);
  }

  /** What is wrong, and what the system said. */
  GgufException(String message, Throwable cause) {
    super(message, cause);
  }
}
