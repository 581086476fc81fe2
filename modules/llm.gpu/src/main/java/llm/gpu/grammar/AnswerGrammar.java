package llm.gpu.grammar;

import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import llm.core.template.grammar.HeldCalls;
import llm.core.template.grammar.HeldReading;
import llm.core.template.grammar.JsonPlaces;

/**
 * What an answer is held to. Behind reasoning, where the model reasons first. Immutable; any
 * thread.
 *
 * @param gbnf a grammar in GBNF, of what the model writes: text, and the names of marks
 * @param marks names of control tokens that may be chosen where the grammar has the text of their
 *     name; all other control tokens are never chosen
 * @param parameter the field of the request that asked for it, which errors name
 * @param json where its texts are JSON: there no name comes twice in an object either, and nothing
 *     is nested deeper than the validator reads
 * @param reading how an answer is read
 * @param check what is wrong with an answer that the grammar let through, in a client-safe phrase;
 *     asked once the answer is complete
 */
public record AnswerGrammar(
    String gbnf,
    Set<String> marks,
    String parameter,
    JsonPlaces json,
    HeldReading reading,
    Function<String, Optional<String>> check) {

  /** Copies the set. */
  public AnswerGrammar {
    marks = Set.copyOf(marks);
  }

  /** One of JSON. */
  public static AnswerGrammar ofJson(
      String gbnf, String parameter, Function<String, Optional<String>> check) {
    return new AnswerGrammar(
        gbnf, Set.of(), parameter, new JsonPlaces.Everywhere(), new HeldReading.Text(), check);
  }

  /** One of calls, or of calls and a form. */
  public static AnswerGrammar ofCalls(HeldCalls held, String parameter) {
    return new AnswerGrammar(
        held.gbnf(), held.marks(), parameter, held.json(), held.reading(), held.check());
  }

  /** One of text alone, in which the grammar says everything. */
  public static AnswerGrammar of(String gbnf, String parameter) {
    return new AnswerGrammar(
        gbnf,
        Set.of(),
        parameter,
        new JsonPlaces.Nowhere(),
        new HeldReading.Text(),
        _ -> Optional.empty());
  }

  /** The same with another grammar. */
  public AnswerGrammar withGbnf(String other) {
    return new AnswerGrammar(other, marks, parameter, json, reading, check);
  }

  /** Whether every text of it is one JSON value. */
  public boolean isJson() {
    return json instanceof JsonPlaces.Everywhere && reading instanceof HeldReading.Text;
  }
}
