package llm.core.dialect.anthropic;

/** The kinds of what only this dialect knows of an answer. */
public final class Asides {
  /** A whole block, as of a tool that Anthropic runs. */
  public static final String BLOCK = "block";

  /** A citation of the text that came last. */
  public static final String CITATION = "citation";

  /** The text that follows is a block of its own. */
  public static final String TEXT = "text";

  /** Who makes the call that follows, where the model itself does not. */
  public static final String CALLER = "caller";

  private Asides() {}
}
