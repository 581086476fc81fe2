package llm.core.schema.grammar.text;

/** A pattern that cannot be read, or has what no grammar can say. */
public final class PatternProblem extends Exception {
  private static final long serialVersionUID = 1;

  PatternProblem(String message) {
    super(message);
  }
}
