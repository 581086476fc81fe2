package llm.core.schema.grammar.rule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import llm.core.schema.grammar.automaton.CharSet;

/** The right side of a grammar's rule. */
public sealed interface Expr {
  /** As often as one likes. */
  int UNBOUNDED = Integer.MAX_VALUE;

  /** The empty text. */
  Expr EMPTY = new Seq(List.of());

  /** No text at all. */
  Expr NOTHING = new Alt(List.of());

  /** One space or none, where JSON may have any. */
  Expr SPACE = new Repeat(new Literal(" "), 0, 1);

  /** A text as it stands. */
  record Literal(String text) implements Expr {}

  /** One character of a set. */
  record Chars(CharSet set) implements Expr {}

  /** One after the other. */
  record Seq(List<Expr> parts) implements Expr {}

  /** One of them. */
  record Alt(List<Expr> choices) implements Expr {}

  /** Again and again; {@code max} may be {@link #UNBOUNDED}. */
  record Repeat(Expr part, int min, int max) implements Expr {}

  /** What another rule says. */
  record Ref(String rule) implements Expr {}

  /** A text as it stands. */
  static Expr text(String text) {
    return text.isEmpty() ? EMPTY : new Literal(text);
  }

  /** One after the other, with literals joined. */
  static Expr seq(Expr... parts) {
    return seq(Arrays.asList(parts));
  }

  /** One after the other, with literals joined. */
  static Expr seq(List<Expr> parts) {
    var flat = new ArrayList<Expr>();
    for (Expr part : parts) {
      if (part.equals(NOTHING)) {
        return NOTHING;
      }
      for (Expr each : part instanceof Seq(List<Expr> inner) ? inner : List.of(part)) {
        if (each instanceof Literal(String next)
            && !flat.isEmpty()
            && flat.getLast() instanceof Literal(String before)) {
          flat.set(flat.size() - 1, new Literal(before + next));
        } else {
          flat.add(each);
        }
      }
    }
    return flat.size() == 1 ? flat.getFirst() : new Seq(List.copyOf(flat));
  }

  /** One of them, each only once. */
  static Expr alt(Expr... choices) {
    return alt(Arrays.asList(choices));
  }

  /** One of them, each only once. */
  static Expr alt(List<Expr> choices) {
    Set<Expr> flat = new LinkedHashSet<>();
    for (Expr choice : choices) {
      flat.addAll(choice instanceof Alt(List<Expr> inner) ? inner : List.of(choice));
    }
    if (flat.remove(EMPTY)) {
      Expr rest = alt(List.copyOf(flat));
      return flat.isEmpty() ? EMPTY : optional(rest);
    }
    return flat.size() == 1 ? flat.iterator().next() : new Alt(List.copyOf(flat));
  }

  /** Once or not at all. */
  static Expr optional(Expr part) {
    return repeat(part, 0, 1);
  }

  /** As often as one likes. */
  static Expr star(Expr part) {
    return repeat(part, 0, UNBOUNDED);
  }

  /** Again and again; large numbers are for {@link Rules#repeat}. */
  static Expr repeat(Expr part, int min, int max) {
    if (min > max) {
      return NOTHING;
    }
    if (part.equals(NOTHING)) {
      return min == 0 ? EMPTY : NOTHING;
    }
    if (max == 0 || part.equals(EMPTY)) {
      return EMPTY;
    }
    boolean again =
        part instanceof Repeat(_, int innerMin, int innerMax) && innerMin == 0 && innerMax == 1;
    if (min == 0 && max == 1 && again) {
      return part;
    }
    return min == 1 && max == 1 ? part : new Repeat(part, min, max);
  }
}
