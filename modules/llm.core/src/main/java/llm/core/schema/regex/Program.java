package llm.core.schema.regex;

import java.util.Arrays;
import java.util.function.IntPredicate;
import llm.core.schema.regex.Piece.Border;

/** An expression as instructions, numbered from 0. Grows while it is made, then stays as it is. */
final class Program {
  /** Instructions of one expression. */
  static final int MOST = 20_000;

  /** What an instruction does. */
  enum Op {
    /** Takes a character that fits and goes on behind. */
    ONE,
    /** Goes on at both. */
    FORK,
    /** Goes on elsewhere. */
    JUMP,
    /** Goes on behind where the place is right. */
    BORDER,
    /** There is a match. */
    MATCH
  }

  private Op[] ops = new Op[16];
  private int[] first = new int[16];
  private int[] second = new int[16];
  private Object[] data = new Object[16]; // of ONE its set, of BORDER which
  private int size;

  /** The program of a whole expression. */
  static Program of(Piece piece) throws RegexProblem {
    var program = new Program();
    program.emit(piece);
    program.add(Op.MATCH, null);
    return program;
  }

  int size() {
    return size;
  }

  Op op(int at) {
    return ops[at];
  }

  /** Where {@code FORK} and {@code JUMP} go on. */
  int first(int at) {
    return first[at];
  }

  /** Where {@code FORK} goes on as well. */
  int second(int at) {
    return second[at];
  }

  IntPredicate set(int at) {
    return (IntPredicate) data[at];
  }

  Border border(int at) {
    return (Border) data[at];
  }

  private void emit(Piece piece) throws RegexProblem {
    switch (piece) {
      case Piece.One one -> add(Op.ONE, one.fits());
      case Border border -> add(Op.BORDER, border);
      case Piece.Sequence sequence -> {
        for (Piece part : sequence.pieces()) {
          emit(part);
        }
      }
      case Piece.Choice choice -> emit(choice);
      case Piece.Repeat repeat -> emit(repeat);
    }
  }

  private void emit(Piece.Choice choice) throws RegexProblem {
    int last = choice.options().size() - 1;
    var ends = new int[last];
    for (int i = 0; i < last; i++) {
      int fork = add(Op.FORK, null);
      first[fork] = size;
      emit(choice.options().get(i));
      ends[i] = add(Op.JUMP, null);
      second[fork] = size;
    }
    emit(choice.options().get(last));
    for (int end : ends) {
      first[end] = size;
    }
  }

  private void emit(Piece.Repeat repeat) throws RegexProblem {
    int before = -1;
    for (int i = 0; i < repeat.least() && size > before; i++) { // nothing stays nothing
      before = size;
      emit(repeat.piece());
    }
    if (repeat.most() == Piece.Repeat.ENDLESS) {
      int fork = add(Op.FORK, null);
      first[fork] = size;
      emit(repeat.piece());
      int jump = add(Op.JUMP, null); // before the array is looked at, which it may replace
      first[jump] = fork;
      second[fork] = size;
      return;
    }
    int optional = repeat.most() - repeat.least();
    var forks = new int[optional];
    for (int i = 0; i < optional; i++) {
      forks[i] = add(Op.FORK, null);
      first[forks[i]] = size;
      emit(repeat.piece());
    }
    for (int fork : forks) {
      second[fork] = size;
    }
  }

  private int add(Op op, Object with) throws RegexProblem {
    if (size == MOST) {
      throw new RegexProblem("it takes more than " + MOST + " steps when it is written out");
    }
    if (size == ops.length) {
      ops = Arrays.copyOf(ops, 2 * size);
      first = Arrays.copyOf(first, 2 * size);
      second = Arrays.copyOf(second, 2 * size);
      data = Arrays.copyOf(data, 2 * size);
    }
    ops[size] = op;
    data[size] = with;
    return size++;
  }
}
