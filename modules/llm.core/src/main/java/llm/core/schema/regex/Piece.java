package llm.core.schema.regex;

import java.util.List;
import java.util.function.IntPredicate;

/** What an expression is made of. */
sealed interface Piece {
  /** Nothing, which is always there. */
  Piece NOTHING = new Sequence(List.of());

  /** One character. */
  record One(IntPredicate fits) implements Piece {}

  /** One behind the other. */
  record Sequence(List<Piece> pieces) implements Piece {}

  /** One of them, one or more. */
  record Choice(List<Piece> options) implements Piece {}

  /** {@code piece} again and again; {@code most} {@link #ENDLESS}: as often as there is. */
  record Repeat(Piece piece, int least, int most) implements Piece {
    /** No bound. */
    static final int ENDLESS = -1;
  }

  /** A place between two characters. */
  enum Border implements Piece {
    /** The beginning of the text. */
    BEGINNING,
    /** Its end. */
    END,
    /** The beginning or the end of a word. */
    WORD,
    /** Any other place. */
    NO_WORD
  }
}
