package llm.core.dialect.openai;

import java.util.Optional;
import llm.core.dialect.json.EffortField;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.JsonText;
import llm.domain.chat.ResponseFormat;
import llm.domain.error.LlmException;
import llm.domain.text.Excerpt;

/**
 * Reads what the answer is to be like: {@code response_format}, {@code parallel_tool_calls} and
 * {@code reasoning_effort}. Not thread-safe; one body each.
 */
final class FormFields {
  private static final String SCHEMA = "json_schema";

  private AnswerForm form = AnswerForm.ANY;

  /**
   * Takes the field {@code name}, on whose value the cursor stands.
   *
   * @return false when it is none of these; nothing was read then
   */
  boolean take(String name, JsonCursor in) throws LlmException {
    switch (name) {
      case "response_format" -> form = form.withFormat(format(in));
      case "parallel_tool_calls" -> form = form.withParallelToolCalls(in.flag());
      case "reasoning_effort" -> form = form.withThinking(EffortField.read(in));
      default -> {
        return false;
      }
    }
    return true;
  }

  /** What was read. */
  AnswerForm form() {
    return form;
  }

  private static ResponseFormat format(JsonCursor in) throws LlmException {
    var type = new StringBuilder();
    var schema = new SchemaFields();
    in.object(field -> {
      switch (field) {
        case "type" -> type.append(in.string());
        case SCHEMA -> schema.read(in);
        default -> throw MessageReader.unknown(in, "response_format field", field);
      }
    });
    return switch (type.toString()) {
      case "text" -> new ResponseFormat.Text();
      case "json_object" -> new ResponseFormat.JsonObject();
      case SCHEMA -> schema.format(in);
      case "" -> throw MessageReader.missing(in, "type", "it says which format");
      default ->
          throw MessageReader.unsupported(
              in,
              "response formats of type '"
                  + Excerpt.shortened(type)
                  + "'; send text, json_object or json_schema");
    };
  }

  /** The fields of {@code json_schema}, which come in any order. */
  private static final class SchemaFields {
    private Optional<String> name = Optional.empty();
    private Optional<String> description = Optional.empty();
    private Optional<JsonText> schema = Optional.empty();
    private boolean strict;
    private boolean given;

    private void read(JsonCursor in) throws LlmException {
      given = true;
      in.object(field -> {
        switch (field) {
          case "name" -> name = Optional.of(in.string());
          case "description" -> description = Optional.of(in.string());
          case "schema" -> schema = Optional.of(in.cutObject());
          case "strict" -> strict = in.flag();
          default -> throw MessageReader.unknown(in, "json_schema field", field);
        }
      });
    }

    private ResponseFormat format(JsonCursor in) throws LlmException {
      if (!given) {
        throw MessageReader.missing(in, SCHEMA, "the answer is to fit it");
      }
      String called =
          name.orElseThrow(
              () -> MessageReader.missing(in, SCHEMA + ".name", "every schema needs one"));
      return in.legal(() ->
          new ResponseFormat.JsonSchema(
              called, description, schema.orElse(JsonText.EMPTY_OBJECT), strict));
    }
  }
}
