package llm.gpu.ffi.nvml;

/** NVML is not there, or has answered with an error. The message is safe to show. */
public final class NvmlException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int code;

  /** An answer of a function: {@code enum nvmlReturn_enum}. */
  NvmlException(int code, String message) {
    super(message);
    this.code = code;
  }

  /** The library cannot be used. */
  NvmlException(String message, Throwable cause) {
    super(message, cause);
    this.code = 0;
  }

  /** The number of the answer; 0 where the library could not be asked. */
  public int code() {
    return code;
  }
}
