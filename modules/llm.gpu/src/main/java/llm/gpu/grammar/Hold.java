package llm.gpu.grammar;

import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * What an answer is held to, its grammar read. Immutable; any thread.
 *
 * @param asked what was asked
 * @param gbnf its grammar
 */
public record Hold(AnswerGrammar asked, Gbnf gbnf) {
  /**
   * Reads the grammar.
   *
   * @throws LlmException with {@code InvalidRequest} at the field that asked for it
   */
  static Hold of(AnswerGrammar asked) throws LlmException {
    try {
      return new Hold(asked, Gbnf.read(asked.gbnf()));
    } catch (GbnfException unusable) {
      throw new LlmException(
          LlmError.InvalidRequest.at(
              asked.parameter(), "The grammar cannot be used: " + unusable.getMessage() + "."),
          unusable);
    }
  }

  /** What to tell when the grammar turns out not to be runnable. */
  LlmException refusal(GbnfException unusable) {
    return new LlmException(
        new LlmError.Unsupported(
            asked.parameter(),
            "The answer cannot be held to its grammar: " + unusable.getMessage() + "."),
        unusable);
  }
}
