package llm.core.dialect.openai;

import llm.core.dialect.json.JsonOut;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingResult;

/**
 * The body of an answer to {@code POST /v1/embeddings}
 * (https://platform.openai.com/docs/api-reference/embeddings/object), as UTF-8 JSON.
 */
public final class EmbeddingResponses {
  private static final int FRAME_BYTES = 256;
  private static final int ROW_BYTES = 64;
  private static final int NUMBER_BYTES = 14; // as -0.0123456789,

  private EmbeddingResponses() {}

  /** The list of vectors, in the order of the inputs, written in {@code form}. */
  public static byte[] list(EmbeddingResult result, EmbeddingCall.Form form) {
    var out = new JsonOut(size(result, form));
    out.object().field("object", "list").name("data").array();
    int index = 0;
    for (Embedding vector : result.vectors()) {
      out.object().field("object", "embedding").field("index", index++).name("embedding");
      write(vector, form, out);
      out.endObject();
    }
    return out.endArray()
        .field("model", result.model())
        .name("usage")
        .object()
        .field("prompt_tokens", result.usage().promptTokens())
        .field("total_tokens", result.usage().totalTokens())
        .endObject()
        .endObject()
        .toBytes();
  }

  private static void write(Embedding vector, EmbeddingCall.Form form, JsonOut out) {
    switch (form) {
      case BASE64 -> out.value(vector.base64());
      case FLOAT -> {
        out.array();
        for (int index = 0; index < vector.size(); index++) {
          out.value(vector.get(index));
        }
        out.endArray();
      }
    }
  }

  private static int size(EmbeddingResult result, EmbeddingCall.Form form) {
    long row =
        switch (form) {
          case BASE64 -> Math.ceilDiv(result.dimensions() * Float.BYTES, 3) * 4L;
          case FLOAT -> (long) result.dimensions() * NUMBER_BYTES;
        };
    return (int)
        Math.min(Integer.MAX_VALUE / 2, FRAME_BYTES + result.vectors().size() * (ROW_BYTES + row));
  }
}
