package llm.core.dialect.responses;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads {@code tools} and {@code tool_choice}. Functions are ours; tools that OpenAI runs itself
 * are kept whole, for providers that speak the dialect. Not thread-safe; one body each.
 */
final class ResponseToolReader {
  private static final JsonText NO_PARAMETERS =
      new JsonText("{\"type\":\"object\",\"properties\":{}}");

  private final FirstRefusal undone;
  private final FirstRefusal strictness;
  private final List<ToolDefinition> functions = new ArrayList<>();
  private final List<JsonText> hosted = new ArrayList<>();
  private Optional<ToolChoice> choice = Optional.empty();
  private Optional<JsonText> otherChoice = Optional.empty();

  /**
   * Nothing read yet.
   *
   * @param undone takes the refusals of what only providers of this dialect do
   * @param strictness takes those of what every upstream does
   */
  ResponseToolReader(FirstRefusal undone, FirstRefusal strictness) {
    this.undone = undone;
    this.strictness = strictness;
  }

  /** Reads the tools of the array the cursor stands on. */
  void tools(JsonCursor in) throws LlmException {
    Set<String> names = new HashSet<>();
    in.array(_ -> {
      String path = in.path();
      tool(in.cutObject(), path, names);
    });
  }

  private void tool(JsonText whole, String path, Set<String> names) throws LlmException {
    Fields fields = Fields.of(whole, path);
    String type = fields.string("type", "it must be 'function'");
    if (!type.equals("function")) {
      undone.add(() ->
          Refusals.unsupported(
              path, "tools of type '" + Excerpt.shortened(type) + "'; send functions"));
      hosted.add(whole);
      return;
    }
    String name = fields.string("name", "every tool needs a name");
    Optional<String> description = fields.string("description");
    JsonText parameters = fields.take("parameters", JsonCursor::cutObject).orElse(NO_PARAMETERS);
    boolean strict = fields.take("strict", JsonCursor::flag).orElse(false);
    if (strict) {
      strictness.add(
          () -> Refusals.unsupported(fields.path("strict"), "strict tools; send strict: false"));
    }
    fields
        .left()
        .keySet()
        .forEach(other ->
            undone.add(() ->
                Refusals.unsupported(
                    fields.path(Excerpt.shortened(other)),
                    "the tool field '" + Excerpt.shortened(other) + "'; leave it out")));
    var more = Extensions.of(Dialect.OPENAI_RESPONSES, fields.left());
    functions.add(
        legal(
            fields.path("name"),
            () -> new ToolDefinition(name, description, parameters, strict, more)));
    if (!names.add(name)) {
      throw Refusals.invalid(
          fields.path("name"),
          fields.path("name") + " '" + name + "' is the name of an earlier tool");
    }
  }

  /** Reads the choice the cursor stands on. */
  void choice(JsonCursor in) throws LlmException {
    if (in.isString()) {
      choice =
          Optional.of(
              switch (in.string()) {
                case "auto" -> new ToolChoice.Auto();
                case "none" -> new ToolChoice.None();
                case "required" -> new ToolChoice.Required();
                default ->
                    throw in.refusal("tool_choice must be auto, none, required or a function");
              });
      return;
    }
    JsonText whole = in.cutObject();
    Fields fields = Fields.of(whole, in.path());
    String type = fields.string("type", "it says which kind of tool");
    if (type.equals("function")) {
      choice =
          Optional.of(new ToolChoice.Named(fields.string("name", "it names the tool to call")));
    } else {
      undone.add(() ->
          Refusals.unsupported(
              fields.path(),
              "tool choices of type '" + Excerpt.shortened(type) + "'; name a function"));
      otherChoice = Optional.of(whole);
    }
  }

  /** The functions. */
  List<ToolDefinition> functions() {
    return functions;
  }

  /** Tools of other types as an array, where there are some. */
  Optional<JsonText> hosted() {
    return hosted.isEmpty() ? Optional.empty() : Optional.of(JsonFields.array(hosted));
  }

  /** A choice that only the dialect knows. */
  Optional<JsonText> otherChoice() {
    return otherChoice;
  }

  /**
   * The choice.
   *
   * @throws LlmException when it is of a tool that is not offered
   */
  ToolChoice choice() throws LlmException {
    ToolChoice wanted = choice.orElseGet(ToolChoice.Auto::new);
    switch (wanted) {
      case ToolChoice.Auto _, ToolChoice.None _ -> {
        // can always be
      }
      case ToolChoice.Required _ -> {
        if (functions.isEmpty() && hosted.isEmpty()) {
          throw Refusals.invalid(
              "tool_choice", "tool_choice 'required' needs tools, and none are offered");
        }
      }
      case ToolChoice.Named(String name) -> {
        if (functions.stream().noneMatch(tool -> tool.name().equals(name))) {
          throw Refusals.invalid(
              "tool_choice",
              "tool_choice names '" + Excerpt.shortened(name) + "', which tools do not offer");
        }
      }
    }
    return wanted;
  }

  private static <T> T legal(String path, java.util.function.Supplier<T> value)
      throws LlmException {
    try {
      return value.get();
    } catch (IllegalArgumentException illegal) {
      throw Refusals.invalid(path, illegal.getMessage());
    }
  }
}
