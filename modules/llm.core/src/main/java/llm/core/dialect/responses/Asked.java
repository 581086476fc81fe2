package llm.core.dialect.responses;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashMap;
import java.util.Map;
import llm.core.dialect.json.JsonFields;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.JsonText;

/**
 * What an answer repeats of its request ({@code instructions}, {@code tools}, {@code metadata}, …),
 * byte for byte, with the defaults of what was left out.
 *
 * @param fields a JSON object
 */
public record Asked(JsonText fields) {
  private static final Map<String, String> DEFAULTS = defaults();

  private static Map<String, String> defaults() {
    var defaults = new LinkedHashMap<String, String>();
    defaults.put("instructions", "null");
    defaults.put("max_output_tokens", "null");
    defaults.put("metadata", "{}");
    defaults.put("parallel_tool_calls", "true");
    defaults.put("previous_response_id", "null");
    defaults.put("prompt_cache_key", "null");
    defaults.put("reasoning", "{\"effort\":null,\"summary\":null}");
    defaults.put("safety_identifier", "null");
    defaults.put("service_tier", "\"default\"");
    defaults.put("temperature", "null");
    defaults.put("text", "{\"format\":{\"type\":\"text\"}}");
    defaults.put("tool_choice", "\"auto\"");
    defaults.put("tools", "[]");
    defaults.put("top_logprobs", "0");
    defaults.put("top_p", "null");
    defaults.put("truncation", "\"disabled\"");
    defaults.put("user", "null");
    return defaults;
  }

  /** Whether an answer repeats the field {@code name}. */
  static boolean isRepeated(String name) {
    return DEFAULTS.containsKey(name);
  }

  /** The fields that were given, and the defaults of the others. */
  static Asked of(Map<String, JsonText> given) {
    var out = new JsonOut(512).object();
    DEFAULTS.forEach(
        (name, unset) -> out.name(name).json(given.getOrDefault(name, new JsonText(unset))));
    return new Asked(new JsonText(new String(out.endObject().toBytes(), UTF_8)));
  }

  /** The same, but for what the provider said of a field. */
  Asked with(Map<String, JsonText> said) {
    Map<String, JsonText> given = JsonFields.of(fields);
    said.forEach((name, value) -> {
      if (isRepeated(name)) {
        given.put(name, value);
      }
    });
    return of(given);
  }

  /** Adds the fields to the object that is open in {@code out}, behind its last one. */
  void writeTo(JsonOut out) {
    String inside = fields.value().substring(1, fields.value().length() - 1);
    if (!inside.isBlank()) {
      out.json(new JsonText(inside));
    }
  }
}
