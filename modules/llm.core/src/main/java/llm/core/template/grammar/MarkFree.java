package llm.core.template.grammar;

import llm.core.template.answer.AnswerFormat;

/** JSON in whose strings no mark of the model's can stand, so that none ends it too soon. */
public final class MarkFree {
  private MarkFree() {}

  /**
   * The grammar of the same JSON, as {@code format} can tell it apart from what stands around it.
   *
   * @param gbnf of JSON
   */
  public static String json(String gbnf, AnswerFormat format) {
    return format == AnswerFormat.HARMONY ? new GbnfCopy(gbnf, "").withoutTags() : gbnf;
  }
}
