package llm.core.schema.regex;

import java.util.HashMap;
import java.util.Map;

/** The expressions of one document, each made once, of a bounded size together. One thread. */
public final class Patterns {
  private static final int MOST_STEPS = 100_000;

  private final Map<String, Regex> made = new HashMap<>();
  private int steps;

  /** None yet. */
  public Patterns() {}

  /**
   * An expression, as {@link Regex#of}.
   *
   * @throws RegexProblem when it is none that can be matched, or takes too much with the others
   */
  public Regex of(String source) throws RegexProblem {
    Regex known = made.get(source);
    if (known != null) {
      return known;
    }
    Regex regex = Regex.of(source);
    steps += regex.size();
    if (steps > MOST_STEPS) {
      throw new RegexProblem(
          "it and those before take more than "
              + MOST_STEPS
              + " steps together when they are written out");
    }
    made.put(source, regex);
    return regex;
  }
}
