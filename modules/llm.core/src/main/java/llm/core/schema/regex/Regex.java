package llm.core.schema.regex;

import java.util.function.LongConsumer;

/**
 * A regular expression. All ways of matching it go through a text at the same time, one character
 * after the other (K. Thompson, "Regular Expression Search Algorithm", 1968), so that there is
 * nothing to come back to. Immutable, thread-safe.
 */
public final class Regex {
  /** Characters of one expression. */
  public static final int MOST_CHARS = 10_000;

  private final String source;
  private final Program program;

  private Regex(String source, Program program) {
    this.source = source;
    this.program = program;
  }

  /**
   * Reads an expression.
   *
   * @throws RegexProblem when it is none, looks ahead or behind, refers to its groups, or is too
   *     long
   */
  public static Regex of(String source) throws RegexProblem {
    if (source.length() > MOST_CHARS) {
      throw new RegexProblem("it has more than " + MOST_CHARS + " characters");
    }
    return new Regex(source, Program.of(RegexParser.parse(source)));
  }

  /**
   * Whether some part of {@code text} matches; the whole where the expression says {@code ^} and
   * {@code $}.
   *
   * @param steps is told how much is done while it is; may throw to end it
   */
  public boolean find(String text, LongConsumer steps) {
    return new Search(program, text, steps).find();
  }

  /** How many instructions it takes in memory, some 20 bytes each; at most 20,000. */
  int size() {
    return program.size();
  }

  /** As it was written. */
  @Override
  public String toString() {
    return source;
  }
}
