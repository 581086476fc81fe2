package llm.core.schema.valid;

import java.util.HashMap;
import java.util.Map;
import llm.core.schema.regex.Regex;
import llm.core.schema.regex.RegexProblem;

/** The regular expressions of one schema, each made once. One compilation's; one thread. */
final class Patterns {
  private static final int MOST_STEPS = 100_000;

  private final Map<String, Regex> made = new HashMap<>();
  private int steps;

  /** The expression that stands at {@code place}. */
  Regex of(String text, Place place) throws InvalidSchema {
    Regex known = made.get(text);
    if (known != null) {
      return known;
    }
    try {
      Regex regex = Regex.of(text);
      steps += regex.size();
      if (steps > MOST_STEPS) {
        throw new InvalidSchema(
            place,
            "is one pattern too many: together they take more than "
                + MOST_STEPS
                + " steps when they are written out; repeat less often");
      }
      made.put(text, regex);
      return regex;
    } catch (RegexProblem problem) {
      throw new InvalidSchema(
          place, "is no regular expression that can be matched here: " + problem.getMessage());
    }
  }
}
