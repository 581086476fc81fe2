package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.ParameterTypes;
import llm.core.template.grammar.JsonPlaces.Value;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmException;

/**
 * Where the JSON of calls stands.
 *
 * @param format of the calls
 * @param frame what stands around them
 */
record CallPlaces(AnswerFormat format, CallFrame frame) {
  private static final String BODY = "<|message|>";

  /**
   * In calls of these tools.
   *
   * @param tools those that can be called, by where their schemas stand in the request
   */
  JsonPlaces of(Map<String, ToolDefinition> tools) throws LlmException {
    if (format == AnswerFormat.HARMONY) {
      return channels();
    }
    return switch (frame.style()) {
      case JSON, JSON_WITHOUT_TAGS, PYTHON -> new JsonPlaces.Everywhere();
      case TAGS -> tagged(tools);
    };
  }

  /** What is thought before stands in none of these, nor can it hold such a mark. */
  private static JsonPlaces channels() {
    var values =
        List.of(
            new Value("<|constrain|>json" + BODY, "", true),
            new Value("<|channel|>final" + BODY, "", true));
    return new JsonPlaces.Marked(values, Map.of());
  }

  private JsonPlaces tagged(Map<String, ToolDefinition> tools) throws LlmException {
    Map<String, List<Value>> calls = new HashMap<>();
    for (Map.Entry<String, ToolDefinition> tool : tools.entrySet()) {
      var types = new ParameterTypes(tool.getValue().parameters());
      List<Value> values = new ArrayList<>();
      for (ParameterField field : ParameterField.of(tool.getValue().parameters(), tool.getKey())) {
        var known = types.types(field.name());
        boolean isJson = !known.isEmpty() && !known.contains("string");
        String begin = before("$VALUE", frame.field()).replace("$KEY", field.name());
        values.add(new Value(begin, frame.fieldEnd(), isJson));
      }
      calls.put(before("$ARGS", frame.call()).replace("$NAME", tool.getValue().name()), values);
    }
    return new JsonPlaces.Marked(List.of(), calls);
  }

  private static String before(String place, String text) {
    return text.substring(0, text.indexOf(place));
  }
}
