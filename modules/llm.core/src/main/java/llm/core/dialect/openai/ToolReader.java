package llm.core.dialect.openai;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** Reads {@code tools} and {@code tool_choice} of a chat body. */
final class ToolReader {
  private static final JsonText NO_PARAMETERS =
      new JsonText("{\"type\":\"object\",\"properties\":{}}");

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
   * The tools of the array the cursor stands on.
   *
   * @param undone takes the refusals of what only some providers do
   * @param strictness takes those of what every upstream does
   */
  static List<ToolDefinition> tools(JsonCursor in, FirstRefusal undone, FirstRefusal strictness)
      throws LlmException {
    var tools = new ArrayList<ToolDefinition>();
    Set<String> names = new HashSet<>();
    in.array(_ -> {
      ToolDefinition tool = new ToolReader(undone, strictness).tool(in);
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

  /** The choice the cursor stands on. */
  static ToolChoice choice(JsonCursor in) throws LlmException {
    if (in.isString()) {
      return switch (in.string()) {
        case "auto" -> new ToolChoice.Auto();
        case "none" -> new ToolChoice.None();
        case "required" -> new ToolChoice.Required();
        default -> throw in.refusal("tool_choice must be auto, none, required or a function");
      };
    }
    var named = new ToolReader(new FirstRefusal(), new FirstRefusal());
    in.object(field -> {
      switch (field) {
        case "type" -> requireFunction(in);
        case "function" -> in.object(inner -> named.takeName(inner, in));
        default -> throw MessageReader.unknown(in, "tool_choice field", field);
      }
    });
    return new ToolChoice.Named(
        named.name.orElseThrow(
            () -> MessageReader.missing(in, "function.name", "it names the tool to call")));
  }

  /** Refuses a {@code type} other than function. */
  static void requireFunction(JsonCursor in) throws LlmException {
    if (!in.string().equals("function")) {
      throw MessageReader.unsupported(in, "tools of another type than 'function'");
    }
  }

  private ToolDefinition tool(JsonCursor in) throws LlmException {
    var typed = new ArrayList<String>(1);
    in.object(field -> {
      switch (field) {
        case "type" -> {
          requireFunction(in);
          typed.add(field);
        }
        case "function" -> in.object(inner -> takeFunction(inner, in));
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
