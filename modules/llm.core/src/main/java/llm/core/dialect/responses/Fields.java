package llm.core.dialect.responses;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * The fields of one object, cut out whole: items say last what kind they are as often as first.
 * Those that were asked for are taken; what is left nobody knew. Not thread-safe.
 */
final class Fields {
  private final Map<String, JsonText> left = new LinkedHashMap<>();
  private final String path;

  private Fields(String path) {
    this.path = path;
  }

  /** The fields of {@code object}, which stands at {@code path}; null ones are absent. */
  static Fields of(JsonText object, String path) throws LlmException {
    return JsonCursor.piece(
        object,
        path,
        in -> {
          var fields = new Fields(path);
          in.object(name -> fields.left.put(name, in.cut()));
          return fields;
        });
  }

  /** Where the object stands. */
  String path() {
    return path;
  }

  /** Where its field stands. */
  String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** A field as it is. */
  Optional<JsonText> take(String name) {
    return Optional.ofNullable(left.remove(name));
  }

  /** A field that is read by {@code reader}. */
  <T> Optional<T> take(String name, JsonCursor.Document<T> reader) throws LlmException {
    Optional<JsonText> found = take(name);
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(JsonCursor.piece(found.get(), path(name), reader));
  }

  /** A string. */
  Optional<String> string(String name) throws LlmException {
    return take(name, JsonCursor::string);
  }

  /**
   * A string that must be there.
   *
   * @param why what it is needed for
   */
  String string(String name, String why) throws LlmException {
    return string(name).orElseThrow(() -> Refusals.missing(path(name), why));
  }

  /** The elements of an array, cut out whole; none where it is absent. */
  List<JsonText> array(String name) throws LlmException {
    return take(name, Fields::elements).orElse(List.of());
  }

  /** The elements of the array the cursor stands on. */
  static List<JsonText> elements(JsonCursor in) throws LlmException {
    var elements = new ArrayList<JsonText>();
    in.array(_ -> elements.add(in.cut()));
    return elements;
  }

  /** What was not taken. */
  Map<String, JsonText> left() {
    return left;
  }
}
