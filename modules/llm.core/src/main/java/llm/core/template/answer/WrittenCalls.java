package llm.core.template.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.domain.chat.JsonText;

/**
 * Calls as a family of models writes them, for prompts that carry them as words. What it writes the
 * {@link AnswerParser} of the same format reads. Immutable; any thread.
 */
public final class WrittenCalls {
  private final BiFunction<String, JsonText, String> form;
  private final JsonText sample;

  private WrittenCalls(JsonText sample, BiFunction<String, JsonText, String> form) {
    this.form = form;
    this.sample = sample;
  }

  /** Those of {@code format}; empty where a call is made of control tokens. */
  public static Optional<WrittenCalls> of(AnswerFormat format) {
    return Optional.ofNullable(
        switch (format) {
          case HERMES -> json("<tool_call>\n", "arguments", "\n</tool_call>");
          case LLAMA3 -> json("", "parameters", "");
          case NEMOTRON -> json("<TOOLCALL>[", "arguments", "]</TOOLCALL>");
          case HUNYUAN -> json("<tool_calls>[", "arguments", "]</tool_calls>");
          case FUNCTIONARY ->
              plain((name, json) -> "<function=" + name + ">" + json.value() + "</function>");
          case QWEN3_CODER ->
              tags(
                  "<tool_call>\n<function=%s>\n",
                  "<parameter=%s>\n%s\n</parameter>\n", "</function>\n</tool_call>");
          case GLM ->
              tags(
                  "<tool_call>%s\n",
                  "<arg_key>%s</arg_key>\n<arg_value>%s</arg_value>\n", "</tool_call>");
          case MINIMAX ->
              tags(
                  "<minimax:tool_call>\n<invoke name=\"%s\">\n",
                  "<parameter name=\"%s\">%s</parameter>\n", "</invoke>\n</minimax:tool_call>");
          case PYTHONIC -> plain((name, json) -> "[" + name + "(" + python(json) + ")]");
          default -> null;
        });
  }

  /** A call. */
  public String call(String name, JsonText arguments) {
    return form.apply(name, arguments);
  }

  /** What a call looks like. */
  public String example() {
    return form.apply("function_name", sample);
  }

  private static WrittenCalls plain(BiFunction<String, JsonText, String> form) {
    return new WrittenCalls(new JsonText("{\"parameter_name\": \"value\"}"), form);
  }

  private static WrittenCalls json(String before, String arguments, String behind) {
    return plain((name, json) ->
        before
            + "{\"name\": \""
            + name
            + "\", \""
            + arguments
            + "\": "
            + json.value()
            + "}"
            + behind);
  }

  private static WrittenCalls tags(String head, String parameter, String end) {
    return plain((name, json) -> {
      var text = new StringBuilder(head.formatted(name));
      members(json)
          .forEach(member ->
              text.append(
                  parameter.formatted(
                      member.name(),
                      member.value() instanceof JsonNode.TextNode words
                          ? words.text()
                          : member.value().toJson().value())));
      return text.append(end).toString();
    });
  }

  private record Member(String name, JsonNode value) {}

  /** The arguments one by one; those that are no object are none. */
  private static List<Member> members(JsonText json) {
    var reader = new PartialJson();
    reader.feed(json.value());
    reader.end();
    List<Member> members = new ArrayList<>();
    if (reader.root().orElse(null) instanceof JsonNode.ObjectNode object) {
      object.members().forEach((name, value) -> members.add(new Member(name, value)));
    }
    return members;
  }

  /** Arguments as Python passes them. */
  static String python(JsonText json) {
    var text = new StringBuilder();
    for (Member member : members(json)) {
      text.append(text.isEmpty() ? "" : ", ").append(member.name()).append('=');
      literal(member.value(), text);
    }
    return text.toString();
  }

  private static void literal(JsonNode value, StringBuilder text) {
    switch (value) {
      case JsonNode.ObjectNode object -> {
        text.append('{');
        var first = new boolean[] {true};
        object
            .members()
            .forEach((name, member) -> {
              text.append(first[0] ? "" : ", ").append(ParameterTypes.quoted(name)).append(": ");
              first[0] = false;
              literal(member, text);
            });
        text.append('}');
      }
      case JsonNode.ArrayNode array -> {
        text.append('[');
        for (int i = 0; i < array.elements().size(); i++) {
          text.append(i == 0 ? "" : ", ");
          literal(array.elements().get(i), text);
        }
        text.append(']');
      }
      case JsonNode.BooleanNode truth -> text.append(truth.value() ? "True" : "False");
      case JsonNode.NullNode _ -> text.append("None");
      case JsonNode.TextNode words -> text.append(ParameterTypes.quoted(words.text()));
      default -> text.append(value.toJson().value());
    }
  }
}
