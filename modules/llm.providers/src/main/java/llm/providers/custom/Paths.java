package llm.providers.custom;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmException;

/**
 * Finds values in a document by their paths, all in one walk. A path is a JSON pointer (RFC 6901),
 * as {@code /choices/0/text}, or dotted, as {@code choices[0].text}; {@code *} is every element of
 * an array. Immutable.
 *
 * @param <K> what the values are called
 */
final class Paths<K> {
  private static final String EVERY = "*";
  private static final int MOST_STEPS = 32;

  private final Step<K> root = new Step<>();

  /** A place that a path leads through or to. */
  private static final class Step<K> {
    private final Map<String, Step<K>> next = new LinkedHashMap<>();
    private final List<K> here = new ArrayList<>(1);
  }

  /**
   * A value that was found.
   *
   * @param text of a scalar, as it is; of an object or array, its JSON
   * @param isText whether it is a string
   * @param isJson whether it is an object or an array
   */
  record Found(String text, boolean isText, boolean isJson) {}

  /** Takes the values found, in the document's order; one for {@code *} comes several times. */
  @FunctionalInterface
  interface Taker<K> {
    void take(K key, Found found);
  }

  /** No path yet. */
  Paths() {}

  /**
   * Adds a path.
   *
   * @throws IllegalArgumentException with a message that completes "must …"
   */
  Paths<K> with(K key, String path) {
    Step<K> at = root;
    for (String step : steps(path)) {
      at = at.next.computeIfAbsent(step, _ -> new Step<>());
    }
    at.here.add(key);
    return this;
  }

  /**
   * Walks through a document.
   *
   * @throws LlmException when it is no JSON
   */
  void find(byte[] document, Taker<K> taker) throws LlmException {
    JsonCursor.document(
        document,
        in -> {
          walk(in, root, taker);
          return taker;
        });
  }

  private void walk(JsonCursor in, Step<K> at, Taker<K> taker) throws LlmException {
    boolean holds = in.isObject() || in.isArray();
    if (!holds) {
      value(in, at, taker);
    } else if (!at.here.isEmpty()) {
      JsonText json = in.cut();
      at.here.forEach(key -> taker.take(key, new Found(json.value(), false, true)));
      if (!at.next.isEmpty()) {
        JsonCursor.piece(
            json,
            "",
            piece -> {
              inside(piece, at, taker);
              return taker;
            });
      }
    } else {
      inside(in, at, taker);
    }
  }

  private void inside(JsonCursor in, Step<K> at, Taker<K> taker) throws LlmException {
    if (in.isObject()) {
      in.object(name -> follow(in, at.next.get(name), taker));
    } else {
      in.array(index -> {
        Step<K> one = at.next.get(Integer.toString(index));
        follow(in, one == null ? at.next.get(EVERY) : one, taker);
      });
    }
  }

  private void follow(JsonCursor in, Step<K> next, Taker<K> taker) throws LlmException {
    if (next != null) {
      walk(in, next, taker);
    }
  }

  private void value(JsonCursor in, Step<K> at, Taker<K> taker) {
    if (at.here.isEmpty()) {
      return;
    }
    String text = in.text();
    boolean isText = in.isString();
    if (!isText && text.equals("null")) {
      return; // of an array; elsewhere it counts as absent too
    }
    at.here.forEach(key -> taker.take(key, new Found(text, isText, false)));
  }

  /** The steps of a path. */
  static List<String> steps(String path) {
    List<String> steps = path.startsWith("/") ? pointer(path) : dotted(path);
    if (steps.isEmpty() || steps.size() > MOST_STEPS || steps.stream().anyMatch(String::isEmpty)) {
      throw new IllegalArgumentException(
          "be a path such as choices[0].text or /choices/0/text, of at most "
              + MOST_STEPS
              + " steps");
    }
    return steps;
  }

  private static List<String> pointer(String path) {
    var steps = new ArrayList<String>();
    for (String step : path.substring(1).split("/", -1)) {
      steps.add(step.replace("~1", "/").replace("~0", "~"));
    }
    return steps;
  }

  private static List<String> dotted(String path) {
    return List.of(path.replaceAll("\\[([0-9]+|\\*)]", ".$1").split("\\.", -1));
  }

  /** Whether a value says yes: true, a number but 0, a text that is not empty. */
  static boolean isYes(Found found) {
    return switch (found.text()) {
      case "", "false", "0" -> false;
      default -> true;
    };
  }

  /** A whole number of 0 or more; empty for another value. */
  static Optional<Integer> count(Found found) {
    boolean small = !found.isJson() && found.text().matches("[0-9]{1,9}");
    return small ? Optional.of(Integer.valueOf(found.text())) : Optional.empty();
  }
}
