package llm.gpu.grammar;

import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What an answer is held to. Behind reasoning, where the model reasons first. Immutable; any
 * thread.
 *
 * @param gbnf a grammar in GBNF, of what the model writes: text, and the names of marks
 * @param marks names of control tokens that may be chosen where the grammar has the text of their
 *     name; all other control tokens are never chosen
 * @param parameter the field of the request that asked for it, which errors name
 * @param check what is wrong with an answer that the grammar let through, in a client-safe phrase;
 *     asked once the answer is complete
 */
public record AnswerGrammar(
    String gbnf, Set<String> marks, String parameter, Function<String, Optional<String>> check) {

  /** Copies the set. */
  public AnswerGrammar {
    marks = Set.copyOf(marks);
  }

  /** One of text alone, in which the grammar says everything. */
  public static AnswerGrammar of(String gbnf, String parameter) {
    return new AnswerGrammar(gbnf, Set.of(), parameter, _ -> Optional.empty());
  }

  /** The same with another grammar. */
  public AnswerGrammar withGbnf(String other) {
    return new AnswerGrammar(other, marks, parameter, check);
  }
}
