package llm.core.template.grammar;

import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A grammar of what a model writes. Immutable; any thread.
 *
 * @param gbnf in llama.cpp's notation; the start rule is {@code root}
 * @param marks names of control tokens that stand in it as the text of their name
 * @param reading how its texts are read
 * @param json where JSON stands in its texts
 * @param check what is wrong with a complete answer that the grammar let through, in a client-safe
 *     phrase
 */
public record HeldCalls(
    String gbnf,
    Set<String> marks,
    HeldReading reading,
    JsonPlaces json,
    Function<String, Optional<String>> check) {
  /** Copies the set. */
  public HeldCalls {
    marks = Set.copyOf(marks);
  }
}
