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

  /** The end of the string. */
  record End() implements Regex {}
}
