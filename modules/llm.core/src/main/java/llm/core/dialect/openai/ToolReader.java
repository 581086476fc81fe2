package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * Reads {@code tools} and {@code tool_choice} of a chat body. Functions are ours; tools of other
 * types, as {@code custom}, and choices of them or among some are kept whole, for providers that
 * speak the dialect.
 */
final class ToolReader {
  private static final JsonText NO_PARAMETERS =
      new JsonText("{\"type\":\"object\",\"properties\":{}}");

  private static final String FUNCTION = "function";

  private Optional<String> name = Optional.empty();
  private Optional<String> description = Optional.empty();
  private Optional<JsonText> parameters = Optional.empty();

  private final FirstRefusal undone;
  private final FirstRefusal strictness;
  private final Map<String, JsonText> others = new LinkedHashMap<>();
  private boolean strict;

  private ToolReader(FirstRefusal undone, FirstRefusal strictness) {
    this.undone = undone;
    this.strictness = strictness;
  }

  /**
   * The functions of the array the cursor stands on.
   *
   * @param others takes tools of other types
   * @param undone takes the refusals of what only some providers do
   * @param strictness takes those of what every upstream does
   */
  static List<ToolDefinition> tools(
      JsonCursor in, Consumer<JsonText> others, FirstRefusal undone, FirstRefusal strictness)
      throws LlmException {
    var tools = new ArrayList<ToolDefinition>();
    Set<String> names = new HashSet<>();
    in.array(_ -> {
      JsonText whole = in.cutObject();
      if (isForeign(whole, in)) {
        undone.add(() -> unsupported(in, "tools"));
        others.accept(whole);
        return;
      }
      ToolDefinition tool =
          JsonCursor.piece(
              whole, in.path(), piece -> new ToolReader(undone, strictness).tool(piece));
      if (!names.add(tool.name())) {
        String path = in.path("function.name");
        throw new LlmException(
            LlmError.InvalidRequest.at(
                path, path + " '" + tool.name() + "' is the name of an earlier tool"));
      }
      tools.add(tool);
    });
    return List.copyOf(tools);
  }

  /**
   * The choice the cursor stands on.
   *
   * @param other takes one that is not ours; what is returned says nothing then
   * @param undone takes the refusals of what only some providers do
   */
  static ToolChoice choice(JsonCursor in, Consumer<JsonText> other, FirstRefusal undone)
      throws LlmException {
    if (in.isString()) {
      return switch (in.string()) {
        case "auto" -> new ToolChoice.Auto();
        case "none" -> new ToolChoice.None();
        case "required" -> new ToolChoice.Required();
        default -> throw in.refusal("tool_choice must be auto, none, required or a function");
      };
    }
    JsonText whole = in.cutObject();
    if (isForeign(whole, in)) {
      undone.add(() -> unsupported(in, "tool choices"));
      other.accept(whole);
      return new ToolChoice.Auto();
    }
    return JsonCursor.piece(whole, in.path(), ToolReader::named);
  }

  private static ToolChoice named(JsonCursor in) throws LlmException {
    var named = new ToolReader(new FirstRefusal(), new FirstRefusal());
    in.object(field -> {
      switch (field) {
        case "type" -> in.string();
        case FUNCTION -> in.object(inner -> named.takeName(inner, in));
        default -> throw MessageReader.unknown(in, "tool_choice field", field);
      }
    });
    return new ToolChoice.Named(
        named.name.orElseThrow(
            () -> MessageReader.missing(in, "function.name", "it names the tool to call")));
  }

  /** Whether an object, which the cursor was on, says a type other than function. */
  static boolean isForeign(JsonText whole, JsonCursor in) throws LlmException {
    var foreign = new boolean[1];
    return JsonCursor.piece(
        whole,
        in.path(),
        piece -> {
          piece.object(field -> {
            if (field.equals("type")) {
              foreign[0] = !piece.string().equals(FUNCTION);
            }
          });
          return foreign[0];
        });
  }

  /** The refusal of an object that is foreign. */
  static LlmException unsupported(JsonCursor in, String what) {
    String sentence =
        "This server does not support " + what + " of another type than 'function' for this model.";
    return new LlmException(new LlmError.Unsupported(in.path("type"), sentence));
  }

  private ToolDefinition tool(JsonCursor in) throws LlmException {
    var typed = new ArrayList<String>(1);
    in.object(field -> {
      switch (field) {
        case "type" -> {
          in.string();
          typed.add(field);
        }
        case FUNCTION -> in.object(inner -> takeFunction(inner, in));
        default -> {
          undone.add(() -> MessageReader.unknown(in, "tool field", field));
          others.put(field, in.cut());
        }
      }
    });
    if (typed.isEmpty()) {
      throw MessageReader.missing(in, "type", "it must be 'function'");
    }
    String tool =
        name.orElseThrow(
            () -> MessageReader.missing(in, "function.name", "every tool needs a name"));
    return in.legal(() ->
        new ToolDefinition(
            tool,
            description,
            parameters.orElse(NO_PARAMETERS),
            strict,
            Extensions.of(Dialect.OPENAI_CHAT, others)));
  }

  private void takeFunction(String field, JsonCursor in) throws LlmException {
    switch (field) {
      case "name" -> takeName(field, in);
      case "description" -> description = Optional.of(in.string());
      case "parameters" -> parameters = Optional.of(in.cutObject());
      case "strict" -> {
        strict = in.flag();
        if (strict) {
          strictness.add(() -> MessageReader.unsupported(in, "strict tools; send strict: false"));
        }
      }
      default -> throw MessageReader.unknown(in, "function field", field);
    }
  }

  private void takeName(String field, JsonCursor in) throws LlmException {
    if (!field.equals("name")) {
      throw MessageReader.unknown(in, "function field", field);
    }
    String text = in.string();
    name =
        Optional.of(
            in.legal(() -> new ToolDefinition(text, Optional.empty(), NO_PARAMETERS)).name());
  }
}
