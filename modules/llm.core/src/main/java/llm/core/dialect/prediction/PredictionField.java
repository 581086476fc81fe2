package llm.core.dialect.prediction;

import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads the field {@code prediction} of Chat Completions
 * (https://platform.openai.com/docs/api-reference/chat/create): a text that most of the answer is
 * expected to repeat. It changes how soon the answer comes and nothing of what it says. The field
 * stays among the request's extensions, as it came.
 */
public final class PredictionField {
  /** Its name. */
  public static final String NAME = "prediction";

  /** Where the text stands, for messages. */
  public static final String TEXT_PATH = NAME + ".content";

  private String type = "";
  private Optional<String> text = Optional.empty();

  private PredictionField() {}

  /**
   * The text that {@code request} predicts; empty where it has none, or one that {@link #read}
   * would refuse.
   */
  public static Optional<String> in(ChatRequest request) {
    JsonText field = request.extensions().in(Dialect.OPENAI_CHAT).get(NAME);
    if (field == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(JsonCursor.piece(field, NAME, PredictionField::read));
    } catch (LlmException _) {
      return Optional.empty(); // it came by an endpoint that does not know the field
    }
  }

  /** Whether {@code request} has the field. */
  public static boolean isIn(ChatRequest request) {
    return length(request) > 0;
  }

  /** How long the field is as it came, in characters; 0 where there is none. Quickly told. */
  public static int length(ChatRequest request) {
    JsonText field = request.extensions().in(Dialect.OPENAI_CHAT).get(NAME);
    return field == null ? 0 : field.value().length();
  }

  /**
   * The text of the value that the cursor stands on.
   *
   * @throws LlmException with {@code Unsupported} for another type than {@code content}, and for
   *     parts that are no text; with {@code InvalidRequest} for what is no prediction
   */
  public static String read(JsonCursor in) throws LlmException {
    var field = new PredictionField();
    in.object(name -> field.take(name, in));
    if (!field.type.equals("content")) {
      throw unsupported(in.path(), "a prediction of another type than content");
    }
    return field.text.orElseThrow(
        () -> in.refusal(in.path("content") + " is missing; it must be a string or text parts"));
  }

  private void take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "type" -> type = in.string();
      case "content" -> text = Optional.of(in.isArray() ? parts(in) : in.string());
      default -> throw unsupported(in.path(), "this field of a prediction");
    }
  }

  private static String parts(JsonCursor in) throws LlmException {
    var joined = new StringBuilder();
    in.array(_ ->
        in.object(name -> {
          switch (name) {
            case "type" -> {
              if (!in.string().equals("text")) {
                throw unsupported(in.path(), "parts of a prediction that are no text");
              }
            }
            case "text" -> joined.append(in.string());
            default -> throw unsupported(in.path(), "this field of a prediction's part");
          }
        }));
    return joined.toString();
  }

  private static LlmException unsupported(String path, String what) {
    return new LlmException(
        new LlmError.Unsupported(path, "This server does not do " + what + "; leave it out."));
  }
}
