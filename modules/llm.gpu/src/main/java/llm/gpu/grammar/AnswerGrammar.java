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
 * @param isJson whether every text of the grammar is one JSON value: then no name comes twice in an
 *     object of it either, and it is nested no deeper than the validator reads
 * @param check what is wrong with an answer that the grammar let through, in a client-safe phrase;
 *     asked once the answer is complete
 */
public record AnswerGrammar(
    String gbnf,
    Set<String> marks,
    String parameter,
    boolean isJson,
    Function<String, Optional<String>> check) {

  /** Copies the set. */
  public AnswerGrammar {
    marks = Set.copyOf(marks);
  }

  /** One whose texts need not be JSON. */
  public AnswerGrammar(
      String gbnf, Set<String> marks, String parameter, Function<String, Optional<String>> check) {
    this(gbnf, marks, parameter, false, check);
  }

  /** One of JSON. */
  static AnswerGrammar ofJson(
      String gbnf, String parameter, Function<String, Optional<String>> check) {
    return new AnswerGrammar(gbnf, Set.of(), parameter, true, check);
  }

  /** One of text alone, in which the grammar says everything. */
  public static AnswerGrammar of(String gbnf, String parameter) {
    return new AnswerGrammar(gbnf, Set.of(), parameter, _ -> Optional.empty());
  }

  /** The same with another grammar. */
  public AnswerGrammar withGbnf(String other) {
    return new AnswerGrammar(other, marks, parameter, isJson, check);
  }
}
