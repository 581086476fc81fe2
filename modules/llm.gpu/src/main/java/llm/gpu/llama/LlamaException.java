package llm.gpu.llama;

/** Something that can happen to a correct caller. The message is one client-safe sentence. */
public final class LlamaException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What happened, and what would change it. */
  public LlamaException(String message) {
    super(message);
  }

  /** What happened, what would change it, and what caused it. */
  public LlamaException(String message, Throwable cause) {
    super(message, cause);
  }
}
