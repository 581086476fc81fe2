package llm.core.dialect.responses.upstream;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.json.JsonOut;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.content.Dialect;
import llm.domain.error.LlmException;

/**
 * Fields of the caller's dialect beside those that are written here: byte for byte, and where both
 * say something of one field, together.
 */
final class RelayedFields {
  private final Map<String, JsonText> fields;

  private RelayedFields(Map<String, JsonText> fields) {
    this.fields = fields;
  }

  /** Those of {@code extensions} that this dialect knows. */
  static RelayedFields of(Extensions extensions) {
    return new RelayedFields(extensions.in(Dialect.OPENAI_RESPONSES));
  }

  /** Whether the caller said this field. */
  boolean has(String name) {
    return fields.containsKey(name);
  }

  /** Whether the caller said something inside the field. */
  boolean hasInside(String name) {
    return has(name) || fields.keySet().stream().anyMatch(field -> field.startsWith(name + "."));
  }

  /** Writes all but those in {@code own}, and those that stand in one of them. */
  void write(Set<String> own, JsonOut out) {
    fields.forEach((name, value) -> {
      int dot = name.indexOf('.');
      if (!own.contains(name) && !own.contains(dot < 0 ? name : name.substring(0, dot))) {
        out.name(name).json(value);
      }
    });
  }

  /**
   * Writes what the object {@code name} has beside {@code own}: as the object, or each field by
   * itself as {@code name.field}.
   */
  void writeInside(String name, Set<String> own, JsonOut out) throws LlmException {
    var inside = new LinkedHashMap<String, JsonText>(ofObject(name));
    fields.forEach((field, value) -> {
      if (field.startsWith(name + ".")) {
        inside.put(field.substring(name.length() + 1), value);
      }
    });
    inside.forEach((field, value) -> {
      if (!own.contains(field) && field.indexOf('.') < 0) {
        out.name(field).json(value);
      }
    });
  }

  private Map<String, JsonText> ofObject(String name) throws LlmException {
    var inside = new LinkedHashMap<String, JsonText>();
    if (!has(name)) {
      return inside;
    }
    JsonCursor.piece(
        fields.get(name),
        name,
        in -> {
          in.object(field -> inside.put(field, in.cut()));
          return inside;
        });
    return inside;
  }

  /** The elements of the array {@code name}, byte for byte; none where it is not there. */
  List<JsonText> elements(String name) throws LlmException {
    var elements = new ArrayList<JsonText>();
    if (has(name)) {
      JsonCursor.piece(
          fields.get(name),
          name,
          in -> {
            in.array(_ -> elements.add(in.cut()));
            return elements;
          });
    }
    return elements;
  }
}
