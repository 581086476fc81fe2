package llm.gpu.llama;

/** What a model has made and closes with itself. */
sealed interface NativeContext extends AutoCloseable permits Context, EmbeddingContext {

  /** Frees it. Idempotent; the model's thread. */
  @Override
  void close();
}
