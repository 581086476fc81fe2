package llm.core.template.grammar;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where JSON stands in an answer that is held, so that what no grammar can say of it, that no name
 * comes twice, is looked at there. Immutable.
 */
public sealed interface JsonPlaces {
  /** Nowhere that is looked at. */
  record Nowhere() implements JsonPlaces {}

  /** All of it is JSON, or what stands around is: brackets in pairs, and strings in quotes. */
  record Everywhere() implements JsonPlaces {}

  /**
   * Values between marks.
   *
   * @param first those that may come at once
   * @param behind those of a call, by what the call begins with; they take the place of others
   */
  record Marked(List<Value> first, Map<String, List<Value>> behind) implements JsonPlaces {
    /** Copies. */
    public Marked {
      first = List.copyOf(first);
      Map<String, List<Value>> copy = new HashMap<>();
      behind.forEach((begin, values) -> copy.put(begin, List.copyOf(values)));
      behind = Map.copyOf(copy);
    }
  }

  /** By how the answer begins. */
  record Either(HeldReading.Either reading, JsonPlaces calls, JsonPlaces form)
      implements JsonPlaces {}

  /**
   * A value.
   *
   * @param begin the mark before it
   * @param end the mark behind it; empty where nothing follows
   * @param isJson whether it is JSON, in which the end's first character does not stand; else text,
   *     in which the whole end does not stand
   */
  record Value(String begin, String end, boolean isJson) {}
}
