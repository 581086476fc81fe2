package llm.core.gbnf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the rules of a grammar, without asking whether they fit together. As llama.cpp's {@code
 * llama_grammar_parser}, but that names may hold an underscore, that a rule is written once, and
 * that tokens, {@code <[7]>}, are not known.
 */
final class GbnfReader {
  private static final int DEEPEST = 200; // groups within groups
  private static final int MOST_RULES = 20_000;
  private static final int MOST_DIGITS = 6;
  private static final int MOST_TIMES = 8; // signs of repetition behind one part

  private final GbnfText in;
  private final Map<String, Piece.Rule> rules = new LinkedHashMap<>();
  private int depth;

  GbnfReader(String text) {
    this.in = new GbnfText(text);
  }

  /** The rules by name, in order. */
  Map<String, Piece.Rule> read() throws GbnfException {
    in.skipSpace(true);
    while (!in.atEnd()) {
      rule();
      in.skipSpace(true);
    }
    return rules;
  }

  private void rule() throws GbnfException {
    int line = in.line();
    int column = in.column();
    String name = in.name();
    if (name.isEmpty()) {
      throw in.problem("the name of a rule is missing before " + in.shown());
    }
    in.skipSpace(false);
    if (!in.skip("::=")) {
      throw in.problem("'::=' is missing behind the name '" + name + "'");
    }
    in.skipSpace(true);
    var rule = new Piece.Rule(name, line, column, choice(false));
    if (!in.atEnd() && !in.skipLineEnd()) {
      throw in.problem(
          "the rule '" + name + "' ends with " + in.shown() + ", which begins nothing");
    }
    Piece.Rule other = rules.putIfAbsent(name, rule);
    if (other != null) {
      throw new GbnfException(
          line, column, "the rule '" + name + "' is there already, in line " + other.line());
    }
    if (rules.size() > MOST_RULES) {
      throw new GbnfException(line, column, "there are more than " + MOST_RULES + " rules");
    }
  }

  private Piece choice(boolean nested) throws GbnfException {
    List<Piece> parts = new ArrayList<>();
    parts.add(sequence(nested));
    while (in.skip("|")) {
      in.skipSpace(true);
      parts.add(sequence(nested));
    }
    return parts.size() == 1 ? parts.getFirst() : new Piece.Choice(parts);
  }

  private Piece sequence(boolean nested) throws GbnfException {
    List<Piece> parts = new ArrayList<>();
    int times = 0;
    while (true) {
      Piece repeated = repeated(parts, nested);
      if (repeated != null) {
        parts.set(parts.size() - 1, repeated);
        if (++times > MOST_TIMES) {
          throw in.problem("there are more than " + MOST_TIMES + " repetitions of one part");
        }
      } else {
        times = 0;
        Piece next = item();
        if (next == null) {
          return parts.size() == 1 ? parts.getFirst() : new Piece.Sequence(parts);
        }
        parts.add(next);
      }
      in.skipSpace(nested);
    }
  }

  /** What begins here; null when nothing does. */
  private Piece item() throws GbnfException {
    if (in.skip("\"")) {
      return literal();
    }
    if (in.skip("[")) {
      return set();
    }
    if (in.skip(".")) {
      return new Piece.Chars(CharSet.ANY);
    }
    if (in.skip("(")) {
      return group();
    }
    int line = in.line();
    int column = in.column();
    String name = in.name();
    return name.isEmpty() ? null : new Piece.Call(name, line, column);
  }

  private Piece literal() throws GbnfException {
    List<Integer> text = new ArrayList<>();
    while (!in.skip("\"")) {
      int next = in.character("a literal, which ends with '\"'");
      if (next >= Character.MIN_SURROGATE && next <= Character.MAX_SURROGATE) {
        throw in.problem("half of a surrogate pair is no character; write \\U000NNNNN for both");
      }
      text.add(next);
    }
    return new Piece.Text(text);
  }

  private Piece set() throws GbnfException {
    int line = in.line();
    int column = in.column();
    boolean negated = in.skip("^");
    List<CharSet.Range> ranges = new ArrayList<>();
    while (!in.skip("]")) {
      int from = in.character("a set of characters, which ends with ']'");
      int to = from;
      if (in.isNext('-') && !in.isNext("-]")) {
        in.skip("-");
        to = in.character("a set of characters, which ends with ']'");
      }
      if (to < from) {
        throw in.problem("a range of characters ends before it begins");
      }
      ranges.add(new CharSet.Range(from, to));
    }
    CharSet plain = CharSet.of(ranges);
    CharSet set = negated ? plain.negated() : plain;
    if (set.isEmpty()) {
      throw new GbnfException(line, column, "this set holds no character");
    }
    return new Piece.Chars(set);
  }

  private Piece group() throws GbnfException {
    if (++depth > DEEPEST) {
      throw in.problem("there are more than " + DEEPEST + " groups within each other");
    }
    in.skipSpace(true);
    Piece inside = choice(true);
    if (!in.skip(")")) {
      throw in.problem("')' is missing before " + in.shown());
    }
    depth--;
    return inside;
  }

  /** The last part with how often it comes; null when nothing is said of that here. */
  private Piece repeated(List<Piece> parts, boolean nested) throws GbnfException {
    int least;
    int most = Piece.Repeat.NO_END;
    if (in.isNext('*')) {
      least = 0;
    } else if (in.isNext('+')) {
      least = 1;
    } else if (in.isNext('?')) {
      least = 0;
      most = 1;
    } else if (in.isNext('{')) {
      return counted(last(parts), nested);
    } else {
      return null;
    }
    Piece part = last(parts);
    in.skipOne();
    return new Piece.Repeat(part, least, most);
  }

  private Piece last(List<Piece> parts) throws GbnfException {
    if (parts.isEmpty()) {
      throw in.problem(in.shown() + " repeats nothing: it begins what is to be repeated");
    }
    return parts.getLast();
  }

  private Piece counted(Piece part, boolean nested) throws GbnfException {
    in.skip("{");
    in.skipSpace(nested);
    int least = number();
    int most = least;
    in.skipSpace(nested);
    if (in.skip(",")) {
      in.skipSpace(nested);
      most = in.isDigitNext() ? number() : Piece.Repeat.NO_END;
      in.skipSpace(nested);
    }
    if (most != Piece.Repeat.NO_END && most < least) {
      throw in.problem("a repetition of " + least + " to " + most + " times has no number");
    }
    if (!in.skip("}")) {
      throw in.problem("'}' is missing before " + in.shown());
    }
    return new Piece.Repeat(part, least, most);
  }

  private int number() throws GbnfException {
    var digits = new StringBuilder();
    while (in.isDigitNext()) {
      digits.append((char) in.skipOne());
      if (digits.length() > MOST_DIGITS) {
        throw in.problem("a number of repetitions has more than " + MOST_DIGITS + " digits");
      }
    }
    if (digits.isEmpty()) {
      throw in.problem("a number of repetitions is missing before " + in.shown());
    }
    return Integer.parseInt(digits.toString());
  }
}
