package llm.core.dialect.responses;

/** The kinds of what only this dialect knows of an answer. */
public final class Asides {
  /** A whole item, as of a tool that OpenAI runs. */
  public static final String ITEM = "item";

  /** A message begins; its fields, as {@code phase}. */
  public static final String MESSAGE = "message";

  /** An annotation of the text that came last. */
  public static final String ANNOTATION = "annotation";

  /** Reasoning begins that is none of what came last. */
  public static final String REASONING = "reasoning";

  /** Another part of the reasoning that came last begins, behind an empty line. */
  public static final String PART = "part";

  /** What our types have between parts of reasoning. */
  public static final String PARAGRAPH = "\n\n";

  /** Fields of the call that begins next, as {@code caller}. */
  public static final String CALL = "call";

  private Asides() {}
}
