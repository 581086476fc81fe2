package llm.core.dialect.responses.upstream;

import java.util.ArrayList;
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

  /** Writes all but those in {@code own}. */
  void write(Set<String> own, JsonOut out) {
    fields.forEach((name, value) -> {
      if (!own.contains(name)) {
        out.name(name).json(value);
      }
    });
  }

  /** Writes what the object {@code name} has beside {@code own}. */
  void writeInside(String name, Set<String> own, JsonOut out) throws LlmException {
    if (!has(name)) {
      return;
    }
    JsonCursor.piece(
        fields.get(name),
        name,
        in -> {
          in.object(field -> {
            if (!own.contains(field)) {
              out.name(field).json(in.cut());
            }
          });
          return out;
        });
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
