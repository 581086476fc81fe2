package llm.core.schema.regex;

/** Why an expression is none, or none that can be matched in bounded time. */
public final class RegexProblem extends Exception {
  private static final long serialVersionUID = 1L;

  /** {@code reason} is a clause without the full stop, such as {@code a group is not closed}. */
  RegexProblem(String reason) {
    super(reason);
  }
}
