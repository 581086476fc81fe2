package llm.gpu.vectors;

import llm.domain.error.LlmError;

/** What models that make vectors and nothing else say to those who ask for text. */
public final class Encoders {
  private Encoders() {}

  /** How {@code model} refuses to generate. */
  public static LlmError refusal(String model) {
    return new LlmError.Unsupported(
        "model",
        "Model '"
            + model
            + "' makes embeddings only and generates no text; ask POST /v1/embeddings for it, or"
            + " name a model that generates.");
  }
}
