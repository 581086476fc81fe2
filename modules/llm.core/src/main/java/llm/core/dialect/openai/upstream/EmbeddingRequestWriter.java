package llm.core.dialect.openai.upstream;

import java.util.List;
import java.util.Set;
import llm.core.dialect.json.JsonOut;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;

/**
 * Writes the body of {@code POST /embeddings}
 * (https://platform.openai.com/docs/api-reference/embeddings/create). Texts go as an array, even
 * one alone; extensions go along byte for byte.
 */
public final class EmbeddingRequestWriter {
  private static final int FRAME_BYTES = 256;
  private static final int TOKEN_BYTES = 7;

  /** Fields that are this writer's: an extension must not say them a second time. */
  private static final Set<String> OWN = Set.of("model", "input", "dimensions", "encoding_format");

  private EmbeddingRequestWriter() {}

  /**
   * The body as UTF-8 JSON.
   *
   * @param model the model's id at the upstream
   */
  public static byte[] write(EmbeddingRequest request, String model, RequestTraits traits) {
    var out = new JsonOut(FRAME_BYTES + size(request.inputs()));
    out.object().field("model", model).name("input").array();
    for (EmbeddingInput input : request.inputs()) {
      switch (input) {
        case EmbeddingInput.Text(String text) -> out.value(text);
        case EmbeddingInput.Tokens(List<Integer> ids) -> {
          out.array();
          for (int id : ids) {
            out.value(id);
          }
          out.endArray();
        }
      }
    }
    out.endArray();
    request.dimensions().ifPresent(dimensions -> out.field("dimensions", dimensions));
    if (traits.base64Vectors()) {
      out.field("encoding_format", "base64");
    }
    request
        .extensions()
        .forEach((name, value) -> {
          if (!OWN.contains(name)) {
            out.name(name).json(value);
          }
        });
    return out.endObject().toBytes();
  }

  private static int size(List<EmbeddingInput> inputs) {
    int size = 0;
    for (EmbeddingInput input : inputs) {
      size +=
          switch (input) {
            case EmbeddingInput.Text(String text) -> text.length() + 3;
            case EmbeddingInput.Tokens(List<Integer> ids) -> ids.size() * TOKEN_BYTES + 3;
          };
    }
    return size;
  }
}
