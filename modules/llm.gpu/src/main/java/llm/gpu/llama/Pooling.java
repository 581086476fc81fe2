package llm.gpu.llama;

import llm.gpu.ffi.Constants;

/** How the vectors of a text's tokens become one vector. */
public enum Pooling {
  /** Their mean. */
  MEAN(Constants.LLAMA_POOLING_TYPE_MEAN),
  /** The first token's, as BERT's {@code [CLS]}. */
  CLS(Constants.LLAMA_POOLING_TYPE_CLS),
  /** The last token's, which has seen all others. */
  LAST(Constants.LLAMA_POOLING_TYPE_LAST);

  private final int code;

  Pooling(int code) {
    this.code = code;
  }

  /** The number of {@code enum llama_pooling_type}. */
  int code() {
    return code;
  }

  /**
   * What a file's number means, which is one of {@code enum llama_pooling_type}; the mean where it
   * says that there is none.
   *
   * @throws LlamaException when it is no way to make vectors
   */
  public static Pooling ofFile(long number) throws LlamaException {
    for (Pooling pooling : values()) {
      if (pooling.code == number) {
        return pooling;
      }
    }
    if (number == Constants.LLAMA_POOLING_TYPE_NONE) {
      return MEAN;
    }
    throw new LlamaException(
        number == Constants.LLAMA_POOLING_TYPE_RANK
            ? "It ranks texts and makes no vectors of them."
            : "It makes vectors in a way that is not known here (pooling type " + number + ").");
  }
}
