package llm.core.gbnf;

import java.util.List;

/** A part of a rule as it was read. */
sealed interface Piece {
  /** One character of a set. */
  record Chars(CharSet set) implements Piece {}

  /** These characters, perhaps none. */
  record Text(List<Integer> codePoints) implements Piece {
    public Text {
      codePoints = List.copyOf(codePoints);
    }
  }

  /** What the rule of this name says. */
  record Call(String rule, int line, int column) implements Piece {}

  /** One after the other. */
  record Sequence(List<Piece> parts) implements Piece {
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /** One of them. */
  record Choice(List<Piece> parts) implements Piece {
    public Choice {
      parts = List.copyOf(parts);
    }
  }

  /**
   * The same several times.
   *
   * @param most {@link #NO_END} for any number
   */
  record Repeat(Piece part, int least, int most) implements Piece {
    static final int NO_END = -1;
  }

  /** A rule: its name, where it stands, and what it says. */
  record Rule(String name, int line, int column, Piece body) {}
}
