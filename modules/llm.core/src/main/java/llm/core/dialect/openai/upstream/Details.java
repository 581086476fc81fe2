package llm.core.dialect.openai.upstream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonFields;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * Puts the pieces of OpenRouter's {@code reasoning_details} together
 * (https://openrouter.ai/docs/use-cases/reasoning-tokens): it wants them back as if they had come
 * whole. Pieces of one detail have its type and index, their texts are joined, of other fields the
 * last counts. Not thread-safe.
 */
final class Details {
  private static final Set<String> GROWING = Set.of("text", "summary");

  /** The most characters that are kept: more is more than a model can have thought. */
  private static final int MOST = 8 << 20;

  private final List<Map<String, JsonText>> details = new ArrayList<>();
  private int size;

  /**
   * Takes the elements of an array.
   *
   * @return false when there are more than are kept
   */
  boolean take(JsonText array) throws LlmException {
    size += array.value().length();
    if (size > MOST) {
      return false;
    }
    JsonCursor.piece(
        array,
        "",
        in -> {
          in.array(place -> {
            if (in.isObject()) {
              var fields = new LinkedHashMap<String, JsonText>();
              in.object(name -> fields.put(name, in.cut()));
              add(fields, place == 0);
            }
          });
          return details;
        });
    return true;
  }

  private void add(Map<String, JsonText> fields, boolean isFirst) {
    if (details.isEmpty() || !goesOn(details.getLast(), fields, isFirst)) {
      details.add(fields);
      return;
    }
    Map<String, JsonText> last = details.getLast();
    fields.forEach(
        (name, value) -> last.merge(name, value, GROWING.contains(name) ? Details::joined : NEWER));
  }

  private static final java.util.function.BinaryOperator<JsonText> NEWER = (_, newer) -> newer;

  private static boolean goesOn(
      Map<String, JsonText> last, Map<String, JsonText> next, boolean isFirst) {
    boolean grows =
        next.keySet().stream().anyMatch(GROWING::contains) || next.containsKey("signature");
    Optional<JsonText> index = Optional.ofNullable(next.get("index"));
    return grows
        && (index.isPresent() || isFirst)
        && Optional.ofNullable(last.get("type")).equals(Optional.ofNullable(next.get("type")))
        && Optional.ofNullable(last.get("index")).equals(index);
  }

  /** Two JSON strings as one. */
  private static JsonText joined(JsonText a, JsonText b) {
    boolean strings = a.value().startsWith("\"") && b.value().startsWith("\"");
    return strings
        ? new JsonText(a.value().substring(0, a.value().length() - 1) + b.value().substring(1))
        : b;
  }

  /** What came since it was asked last, as an array; empty for nothing. */
  Optional<String> taken() {
    if (details.isEmpty()) {
      return Optional.empty();
    }
    String array =
        details.stream()
            .map(JsonFields::object)
            .map(JsonText::value)
            .collect(Collectors.joining(",", "[", "]"));
    details.clear();
    return Optional.of(array);
  }
}
