package llm.core.dialect.anthropic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads {@code tools} and {@code tool_choice}. A tool that Anthropic runs or defines itself has a
 * {@code type}; it is kept whole, {@code type} and {@code name} included, as the extensions of a
 * tool without a schema, and written again as these fields alone. Not thread-safe; one body each.
 */
final class ToolFields {
  /** Fields whose loss changes nothing in what may be called: the caller is told, no more. */
  private static final Set<String> HARMLESS =
      Set.of("cache_control", "eager_input_streaming", "input_examples", "defer_loading");

  private static final String CUSTOM = "custom";

  private final Undone undone;
  private List<ToolDefinition> tools = List.of();
  private ToolChoice choice = new ToolChoice.Auto();
  private boolean oneAtATime;

  ToolFields(Undone undone) {
    this.undone = undone;
  }

  /** The tools that were read. */
  List<ToolDefinition> tools() {
    return tools;
  }

  /**
   * The choice that was read.
   *
   * @throws LlmException when it is one of what is not offered
   */
  ToolChoice choice() throws LlmException {
    switch (choice) {
      case ToolChoice.Auto _, ToolChoice.None _ -> {}
      case ToolChoice.Required _ -> {
        if (tools.isEmpty()) {
          throw invalid("tool_choice 'any' needs tools, and none are offered");
        }
      }
      case ToolChoice.Named(String name) -> {
        if (tools.stream().noneMatch(tool -> tool.name().equals(name))) {
          throw invalid(
              "tool_choice names '" + Excerpt.shortened(name) + "', which tools do not offer");
        }
      }
    }
    return choice;
  }

  /** Whether no two tools may be called at once. */
  boolean oneAtATime() {
    return oneAtATime;
  }

  /** Reads {@code tools}, on which the cursor stands. */
  void readTools(JsonCursor in) throws LlmException {
    var read = new ArrayList<ToolDefinition>();
    Set<String> names = new HashSet<>();
    in.array(_ -> {
      ToolDefinition tool = tool(in);
      if (!names.add(tool.name())) {
        throw in.refusal(in.path() + " '" + tool.name() + "' has the name of an earlier tool");
      }
      read.add(tool);
    });
    tools = List.copyOf(read);
  }

  /** Reads {@code tool_choice}, on which the cursor stands. */
  void readChoice(JsonCursor in) throws LlmException {
    var type = new StringBuilder();
    var name = new StringBuilder();
    in.object(field -> {
      switch (field) {
        case "type" -> type.append(in.string());
        case "name" -> name.append(in.string());
        case "disable_parallel_tool_use" -> oneAtATime = in.flag();
        default -> throw Refusals.unknown(in);
      }
    });
    choice =
        switch (type.toString()) {
          case "auto" -> new ToolChoice.Auto();
          case "any" -> new ToolChoice.Required();
          case "none" -> new ToolChoice.None();
          case "tool" -> {
            if (name.isEmpty()) {
              throw Refusals.missing(in, "name", "it names the tool to call");
            }
            yield new ToolChoice.Named(name.toString());
          }
          default -> throw in.refusal(in.path() + ".type must be auto, any, tool or none");
        };
  }

  private ToolDefinition tool(JsonCursor in) throws LlmException {
    JsonText whole = in.cutObject();
    var type = new StringBuilder();
    JsonCursor.piece(
        whole,
        in.path(),
        piece -> {
          piece.object(field -> {
            if (field.equals("type")) {
              type.append(piece.string());
            }
          });
          return type;
        });
    boolean ours = type.isEmpty() || type.toString().equals(CUSTOM);
    return JsonCursor.piece(
        whole, in.path(), piece -> ours ? custom(piece) : theirs(type.toString(), piece));
  }

  private ToolDefinition custom(JsonCursor in) throws LlmException {
    var fields = new Fields();
    in.object(field -> {
      switch (field) {
        case "type" -> {}
        case "name" -> fields.name = Optional.of(in.string());
        case "description" -> fields.description = Optional.of(in.string());
        case "input_schema" -> fields.schema = Optional.of(in.cutObject());
        case "strict" -> {
          fields.strict = in.flag();
          if (fields.strict) {
            undone.exceptUpstream(() -> Refusals.unsupported(in.path(), "strict tools"));
          }
        }
        default -> {
          if (!HARMLESS.contains(field)) {
            String what = "the tool field '" + Excerpt.shortened(field) + "'";
            undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
          }
          fields.others.put(field, in.cut());
        }
      }
    });
    String name =
        fields.name.orElseThrow(() -> Refusals.missing(in, "name", "every tool needs one"));
    JsonText schema =
        fields.schema.orElseThrow(
            () -> Refusals.missing(in, "input_schema", "every tool needs one"));
    return in.legal(() ->
        new ToolDefinition(
            name,
            fields.description,
            schema,
            fields.strict,
            Extensions.of(Dialect.ANTHROPIC, fields.others)));
  }

  private ToolDefinition theirs(String type, JsonCursor in) throws LlmException {
    String what = "tools of type '" + Excerpt.shortened(type) + "'";
    undone.exceptByAnthropic(() -> Refusals.unsupported(in.path(), what));
    var fields = new Fields();
    in.object(field -> {
      if (field.equals("name")) {
        JsonText name = in.cut();
        fields.name = Optional.of(JsonCursor.piece(name, in.path(), JsonCursor::string));
        fields.others.put(field, name);
      } else {
        fields.others.put(field, in.cut());
      }
    });
    return in.legal(() ->
        new ToolDefinition(
            fields.name.orElse(type),
            Optional.empty(),
            JsonText.EMPTY_OBJECT,
            false,
            Extensions.of(Dialect.ANTHROPIC, fields.others)));
  }

  private static LlmException invalid(String message) {
    return new LlmException(LlmError.InvalidRequest.at("tool_choice", message));
  }

  /** The fields of one tool, which come in any order. */
  private static final class Fields {
    private Optional<String> name = Optional.empty();
    private Optional<String> description = Optional.empty();
    private Optional<JsonText> schema = Optional.empty();
    private boolean strict;
    private final Map<String, JsonText> others = new LinkedHashMap<>();
  }
}
