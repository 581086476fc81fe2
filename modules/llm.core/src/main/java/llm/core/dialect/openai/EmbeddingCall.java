package llm.core.dialect.openai;

import llm.domain.embedding.EmbeddingRequest;

/**
 * What an embeddings body asks for.
 *
 * @param request the request, its model resolved
 * @param form how the vectors are to be written
 */
public record EmbeddingCall(EmbeddingRequest request, Form form) {

  /** How vectors stand in JSON, as {@code encoding_format} names it. */
  public enum Form {
    /** An array of numbers. */
    FLOAT,
    /** Base64 of little-endian 32-bit floats: exact, and less than half as long. */
    BASE64
  }
}
