package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.JsonText;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;

/**
 * Reads the body of {@code POST /v1/embeddings}
 * (https://platform.openai.com/docs/api-reference/embeddings/create). {@code input} is a text, an
 * array of texts, an array of token ids (one input) or an array of such arrays. Fields that are not
 * known go along as extensions, byte for byte.
 */
public final class EmbeddingRequestReader {
  private static final String KINDS =
      "a string, an array of strings, an array of token ids or an array of arrays of token ids";

  private final Map<String, JsonText> extensions = new HashMap<>();
  private final List<EmbeddingInput> inputs = new ArrayList<>();
  private Optional<String> model = Optional.empty();
  private Optional<Integer> dimensions = Optional.empty();
  private EmbeddingCall.Form form = EmbeddingCall.Form.FLOAT;
  private int tokens; // given as ids, of all inputs

  private EmbeddingRequestReader() {}

  /**
   * Reads a body.
   *
   * @param body UTF-8; a byte order mark is skipped
   * @param resolver finds the model the body means, or the default when it names none
   * @throws LlmException with {@code InvalidJson} or {@code InvalidRequest}, or what the resolver
   *     throws
   */
  public static EmbeddingCall read(byte[] body, ModelResolver resolver) throws LlmException {
    return JsonCursor.document(body, in -> new EmbeddingRequestReader().call(in, resolver));
  }

  private EmbeddingCall call(JsonCursor in, ModelResolver resolver) throws LlmException {
    in.object(name -> take(name, in));
    if (inputs.isEmpty()) {
      throw new LlmException(
          LlmError.InvalidRequest.at("input", "input is missing; it must be " + KINDS));
    }
    ModelName resolved = resolver.resolve(model);
    return new EmbeddingCall(new EmbeddingRequest(resolved, inputs, dimensions, extensions), form);
  }

  private void take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "model" -> {
        String text = in.string();
        model = Optional.of(in.legal(() -> new ModelName(text)).value());
      }
      case "input" -> input(in);
      case "encoding_format" -> form = form(in);
      case "dimensions" -> {
        int value = in.integer();
        if (value < 1) {
          throw in.refusal("dimensions " + value + " must be at least 1");
        }
        dimensions = Optional.of(value);
      }
      default -> extensions.put(name, in.cut());
    }
  }

  private static EmbeddingCall.Form form(JsonCursor in) throws LlmException {
    return switch (in.string()) {
      case "float" -> EmbeddingCall.Form.FLOAT;
      case "base64" -> EmbeddingCall.Form.BASE64;
      default -> throw in.refusal("encoding_format must be float or base64");
    };
  }

  private void input(JsonCursor in) throws LlmException {
    if (in.isString()) {
      add(text(in), in);
    } else if (in.isArray()) {
      several(in);
    } else {
      throw in.expected(KINDS);
    }
    if (inputs.isEmpty()) {
      throw in.refusal("input must hold at least one input");
    }
  }

  /** What kind of inputs an array holds, its first element says. */
  private void several(JsonCursor in) throws LlmException {
    var ids = new ArrayList<Integer>();
    in.array(index -> {
      if (!ids.isEmpty()) {
        ids.add(token(in));
      } else if (index > 0 && inputs.getFirst() instanceof EmbeddingInput.Text) {
        add(text(in), in);
      } else if (index > 0) {
        add(tokens(in), in);
      } else if (in.isString()) {
        add(text(in), in);
      } else if (in.isArray()) {
        add(tokens(in), in);
      } else if (in.isInteger()) {
        ids.add(token(in));
      } else {
        throw in.expected("a string, a token id or an array of token ids");
      }
    });
    if (!ids.isEmpty()) {
      add(new EmbeddingInput.Tokens(ids), in);
    }
  }

  private static EmbeddingInput text(JsonCursor in) throws LlmException {
    String text = in.string();
    return in.legal(() -> new EmbeddingInput.Text(text));
  }

  private EmbeddingInput tokens(JsonCursor in) throws LlmException {
    if (!in.isArray()) {
      throw in.expected("an array of token ids, as the one before");
    }
    var ids = new ArrayList<Integer>();
    in.array(_ -> ids.add(token(in)));
    return in.legal(() -> new EmbeddingInput.Tokens(ids));
  }

  private int token(JsonCursor in) throws LlmException {
    int id = in.integer();
    if (id < 0) {
      throw in.refusal(in.path() + " " + id + " is no token id; those are 0 or more");
    }
    if (++tokens > EmbeddingRequest.MOST_TOKENS) {
      throw in.refusal(
          "input holds more than "
              + EmbeddingRequest.MOST_TOKENS
              + " tokens in all; send less at once");
    }
    return id;
  }

  private void add(EmbeddingInput input, JsonCursor in) throws LlmException {
    if (inputs.size() == EmbeddingRequest.MOST_INPUTS) {
      throw in.refusal(
          "input holds more than " + EmbeddingRequest.MOST_INPUTS + " inputs; send less at once");
    }
    inputs.add(input);
  }
}
