package llm.core.schema.grammar.automaton;

import java.util.List;

/** A regular expression without captures, as a tree. */
public sealed interface Regex {
  /** As often as one likes. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** One character of a set. */
  record Chars(CharSet set) implements Regex {}

  /** One after the other; nothing: the empty string. */
  record Seq(List<Regex> parts) implements Regex {}

  /** One of them. */
  record Alt(List<Regex> choices) implements Regex {}

  /** Again and again; {@code max} may be {@link #UNBOUNDED}. */
  record Repeat(Regex part, int min, int max) implements Regex {}

  /** The beginning of the string. */
  record Start() implements Regex {}

  /** How many characters there are in it, when all repetitions are written out. */
  default long size() {
    return switch (this) {
      case Chars _, Start _, End _ -> 1;
      case Seq(List<Regex> parts) -> 1 + parts.stream().mapToLong(Regex::size).sum();
      case Alt(List<Regex> choices) -> 1 + choices.stream().mapToLong(Regex::size).sum();
      case Repeat(Regex part, int min, int max) ->
          1 + part.size() * Math.max(1, max == UNBOUNDED ? min : max);
    };
  }

  /** The end of the string. */
  record End() implements Regex {}
}
