package llm.core.dialect.responses;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.EffortField;
import llm.core.dialect.json.FirstRefusal;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads {@code text} and {@code reasoning}. What they say beyond format and effort is kept under
 * names with a dot ({@code text.verbosity}), for providers that speak the dialect. Not thread-safe;
 * one body each.
 */
final class FormReader {
  private static final List<String> SUMMARIES = List.of("auto", "concise", "detailed");

  private final Map<String, JsonText> nested = new HashMap<>();
  private final FirstRefusal undone;
  private AnswerForm form = AnswerForm.ANY;
  private boolean summary;

  /**
   * Nothing read yet.
   *
   * @param undone takes the refusals of what only some providers do
   */
  FormReader(FirstRefusal undone) {
    this.undone = undone;
  }

  /** Reads {@code text}. */
  void text(JsonCursor in) throws LlmException {
    in.object(name -> {
      if (name.equals("format")) {
        String path = in.path();
        form = form.withFormat(format(Fields.of(in.cutObject(), path)));
      } else {
        nested.put("text." + name, in.cut());
      }
    });
  }

  /** Reads {@code reasoning}. */
  void reasoning(JsonCursor in) throws LlmException {
    in.object(name -> {
      switch (name) {
        case "effort" -> form = form.withThinking(EffortField.read(in));
        case "summary", "generate_summary" -> {
          String path = in.path();
          String wanted = in.string();
          if (!SUMMARIES.contains(wanted)) {
            throw in.refusal(path + " must be auto, concise or detailed");
          }
          summary = true;
          nested.put("reasoning." + name, new JsonText('"' + wanted + '"'));
        }
        default -> nested.put("reasoning." + name, in.cut());
      }
    });
  }

  /** Reads {@code parallel_tool_calls}. */
  void parallel(JsonCursor in) throws LlmException {
    form = form.withParallelToolCalls(in.flag());
  }

  /** What was read. */
  AnswerForm form() {
    return form;
  }

  /** Whether reasoning is to be told as a summary. */
  boolean wantsSummary() {
    return summary;
  }

  /** What else was said. */
  Map<String, JsonText> nested() {
    return nested;
  }

  private ResponseFormat format(Fields fields) throws LlmException {
    String type = fields.string("type", "it says which format");
    return switch (type) {
      case "text" -> new ResponseFormat.Text();
      case "json_object" -> new ResponseFormat.JsonObject();
      case "json_schema" -> schema(fields);
      default ->
          throw Refusals.unsupported(
              fields.path(),
              "answer formats of type '"
                  + Excerpt.shortened(type)
                  + "'; send text, json_object or json_schema");
    };
  }

  private ResponseFormat schema(Fields fields) throws LlmException {
    String name = fields.string("name", "every schema needs one");
    Optional<String> description = fields.string("description");
    JsonText schema =
        fields
            .take("schema", JsonCursor::cutObject)
            .orElseThrow(() -> Refusals.missing(fields.path("schema"), "the answer is to fit it"));
    boolean strict = fields.take("strict", JsonCursor::flag).orElse(false);
    fields
        .left()
        .keySet()
        .forEach(other ->
            undone.add(() ->
                Refusals.unsupported(
                    fields.path(Excerpt.shortened(other)),
                    "the format field '" + Excerpt.shortened(other) + "'; leave it out")));
    fields.left().forEach((other, value) -> nested.put("text.format." + other, value));
    try {
      return new ResponseFormat.JsonSchema(name, description, schema, strict);
    } catch (IllegalArgumentException illegal) {
      throw Refusals.invalid(fields.path("name"), illegal.getMessage());
    }
  }
}
