package llm.core.schema.regex;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads an expression (ECMA-262 section 22.2.1). What needs more than one pass over a text is
 * refused: looking ahead and behind, and references to groups. As browsers do, it lets a brace and
 * a closing bracket stand for themselves where they can mean nothing else.
 */
final class RegexParser {
  private static final int MOST_GROUPS = 100; // inside of each other
  private static final int MOST_TIMES = 10_000;

  private final String source;
  private int at;
  private int depth;

  private RegexParser(String source) {
    this.source = source;
  }

  static Piece parse(String source) throws RegexProblem {
    var parser = new RegexParser(source);
    Piece whole = parser.choice();
    if (parser.at < source.length()) {
      throw new RegexProblem("a closing parenthesis has no group");
    }
    return whole;
  }

  private Piece choice() throws RegexProblem {
    var options = new ArrayList<Piece>();
    options.add(sequence());
    while (takes('|')) {
      options.add(sequence());
    }
    return options.size() == 1 ? options.getFirst() : new Piece.Choice(options);
  }

  private Piece sequence() throws RegexProblem {
    var pieces = new ArrayList<Piece>();
    while (at < source.length() && peek() != '|' && peek() != ')') {
      pieces.add(term());
    }
    return pieces.size() == 1 ? pieces.getFirst() : new Piece.Sequence(pieces);
  }

  private Piece term() throws RegexProblem {
    if (takes('^')) {
      return Piece.Border.BEGINNING;
    }
    if (takes('$')) {
      return Piece.Border.END;
    }
    if (takes("\\b")) {
      return Piece.Border.WORD;
    }
    if (takes("\\B")) {
      return Piece.Border.NO_WORD;
    }
    return repeated(atom());
  }

  private Piece atom() throws RegexProblem {
    int c = next();
    return switch (c) {
      case '(' -> group();
      case '[' -> new Piece.One(set());
      case '.' -> new Piece.One(one -> !Characters.isLineEnd(one));
      case '\\' -> new Piece.One(escape(false).set());
      case '*', '+', '?' -> throw new RegexProblem("'" + (char) c + "' has nothing to repeat");
      case '{' -> {
        at--;
        if (bounds() != null) {
          throw new RegexProblem("a number of times has nothing to repeat");
        }
        at++;
        yield only('{');
      }
      default -> only(c);
    };
  }

  private static Piece only(int c) {
    return new Piece.One(one -> one == c);
  }

  private Piece group() throws RegexProblem {
    open();
    if (++depth > MOST_GROUPS) {
      throw new RegexProblem("more than " + MOST_GROUPS + " groups are inside of each other");
    }
    Piece inner = choice();
    depth--;
    if (!takes(')')) {
      throw new RegexProblem("a group is not closed");
    }
    return inner;
  }

  /** Takes what stands between the parenthesis and the content of a group. */
  private void open() throws RegexProblem {
    if (!source.startsWith("?", at) || takes("?:")) {
      return;
    }
    boolean isNamed =
        source.startsWith("?<", at)
            && !source.startsWith("?<=", at)
            && !source.startsWith("?<!", at);
    if (!isNamed) {
      throw new RegexProblem(
          "it looks ahead or behind, or sets flags, which cannot be matched in one pass");
    }
    int end = source.indexOf('>', at);
    if (end <= at + 2) {
      throw new RegexProblem("a group has no name between its angle brackets");
    }
    at = end + 1;
  }

  private Piece repeated(Piece piece) throws RegexProblem {
    int least;
    int most;
    if (takes('*')) {
      least = 0;
      most = Piece.Repeat.ENDLESS;
    } else if (takes('+')) {
      least = 1;
      most = Piece.Repeat.ENDLESS;
    } else if (takes('?')) {
      least = 0;
      most = 1;
    } else {
      int[] bounds = at < source.length() && peek() == '{' ? bounds() : null;
      if (bounds == null) {
        return piece;
      }
      least = bounds[0];
      most = bounds[1];
    }
    takes('?'); // as few as will do: whether there is a match is the same
    if (at < source.length() && (peek() == '*' || peek() == '+' || peek() == '?')) {
      throw new RegexProblem("'" + peek() + "' has nothing to repeat");
    }
    return new Piece.Repeat(piece, least, most);
  }

  /** The times in braces that begin here; null, and nothing taken: they are none. */
  private int[] bounds() throws RegexProblem {
    int end = source.indexOf('}', at);
    String inner = end < 0 ? "" : source.substring(at + 1, end);
    int comma = inner.indexOf(',');
    String first = comma < 0 ? inner : inner.substring(0, comma);
    String second = comma < 0 ? first : inner.substring(comma + 1);
    if (!isNumber(first) || !second.isEmpty() && !isNumber(second)) {
      return null;
    }
    int least = times(first);
    int most = second.isEmpty() ? Piece.Repeat.ENDLESS : times(second);
    if (most != Piece.Repeat.ENDLESS && most < least) {
      throw new RegexProblem("the numbers in {" + inner + "} are in the wrong order");
    }
    at = end + 1;
    return new int[] {least, most};
  }

  private static boolean isNumber(String text) {
    return !text.isEmpty() && text.chars().allMatch(Characters::isDigit);
  }

  private static int times(String digits) throws RegexProblem {
    int most = Integer.toString(MOST_TIMES).length();
    if (digits.length() > most || Integer.parseInt(digits) > MOST_TIMES) {
      throw new RegexProblem("something is repeated more than " + MOST_TIMES + " times");
    }
    return Integer.parseInt(digits);
  }

  /** A character, or a set of them; {@code only} is -1 for a set. */
  private record Escaped(int only, IntPredicate set) {
    static Escaped one(int c) {
      return new Escaped(c, one -> one == c);
    }

    static Escaped of(IntPredicate set) {
      return new Escaped(-1, set);
    }
  }

  /** The inside of brackets, the first of which was taken. */
  private IntPredicate set() throws RegexProblem {
    boolean isNegated = takes('^');
    List<IntPredicate> parts = new ArrayList<>();
    while (true) {
      if (at >= source.length()) {
        throw new RegexProblem("a set of characters is not closed");
      }
      if (takes(']')) {
        break;
      }
      parts.add(range());
    }
    IntPredicate any =
        c -> {
          for (IntPredicate part : parts) {
            if (part.test(c)) {
              return true;
            }
          }
          return false;
        };
    return isNegated ? any.negate() : any;
  }

  private IntPredicate range() throws RegexProblem {
    Escaped low = member();
    boolean isRange = at + 1 < source.length() && peek() == '-' && source.charAt(at + 1) != ']';
    if (!isRange) {
      return low.set();
    }
    at++;
    Escaped high = member();
    if (low.only() < 0 || high.only() < 0) {
      return low.set().or(high.set()).or(c -> c == '-');
    }
    if (low.only() > high.only()) {
      throw new RegexProblem("a range of characters is in the wrong order");
    }
    return c -> c >= low.only() && c <= high.only();
  }

  private Escaped member() throws RegexProblem {
    int c = next();
    return c == '\\' ? escape(true) : Escaped.one(c);
  }

  private Escaped escape(boolean inSet) throws RegexProblem {
    int c = next();
    return switch (c) {
      case 'd' -> Escaped.of(Characters::isDigit);
      case 'D' -> Escaped.of(one -> !Characters.isDigit(one));
      case 'w' -> Escaped.of(Characters::isWord);
      case 'W' -> Escaped.of(one -> !Characters.isWord(one));
      case 's' -> Escaped.of(Characters::isSpace);
      case 'S' -> Escaped.of(one -> !Characters.isSpace(one));
      case 'p' -> Escaped.of(Characters.property(braced()));
      case 'P' -> Escaped.of(Characters.property(braced()).negate());
      case 't' -> Escaped.one('\t');
      case 'n' -> Escaped.one('\n');
      case 'v' -> Escaped.one(0x0B);
      case 'f' -> Escaped.one('\f');
      case 'r' -> Escaped.one('\r');
      case 'c' -> Escaped.one(control());
      case 'x' -> Escaped.one(hex(2));
      case 'u' -> Escaped.one(unicode());
      case '0' -> zero();
      case 'b' -> {
        if (!inSet) {
          throw new RegexProblem("\\b cannot stand here");
        }
        yield Escaped.one('\b');
      }
      default -> itself(c);
    };
  }

  private static Escaped itself(int c) throws RegexProblem {
    if (Characters.isDigit(c) || c == 'k') {
      throw new RegexProblem(
          "it refers to what a group matched, which cannot be matched in one pass");
    }
    if (c < 0x80 && Character.isLetter(c)) {
      throw new RegexProblem("\\" + (char) c + " means nothing");
    }
    return Escaped.one(c);
  }

  private Escaped zero() throws RegexProblem {
    if (at < source.length() && Characters.isDigit(peek())) {
      throw new RegexProblem("\\0 must not be followed by a digit");
    }
    return Escaped.one(0);
  }

  private int control() throws RegexProblem {
    int letter = next();
    if (letter >= 0x80 || !Character.isLetter(letter)) {
      throw new RegexProblem("\\c must be followed by a letter");
    }
    return letter % 32;
  }

  private int unicode() throws RegexProblem {
    if (at < source.length() && peek() == '{') {
      String digits = braced();
      boolean isHex = !digits.isEmpty() && digits.chars().allMatch(c -> digit((char) c) >= 0);
      String short6 = digits.replaceFirst("^0+(?=.)", "");
      if (!isHex || short6.length() > 6 || Integer.parseInt(short6, 16) > 0x10FFFF) {
        throw new RegexProblem("\\u{…} must name a character by hexadecimal digits");
      }
      return Integer.parseInt(short6, 16);
    }
    int high = hex(4);
    boolean isPair = high >= 0xD800 && high < 0xDC00 && source.startsWith("\\u", at);
    if (!isPair) {
      return high;
    }
    int before = at;
    at += 2;
    int low = hex(4);
    if (low >= 0xDC00 && low < 0xE000) {
      return Character.toCodePoint((char) high, (char) low);
    }
    at = before;
    return high;
  }

  private int hex(int count) throws RegexProblem {
    int value = 0;
    for (int i = 0; i < count; i++) {
      int digit = at < source.length() ? digit(peek()) : -1;
      if (digit < 0) {
        throw new RegexProblem(count + " hexadecimal digits are missing in an escape");
      }
      at++;
      value = value << 4 | digit;
    }
    return value;
  }

  private static int digit(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  private String braced() throws RegexProblem {
    int end = source.indexOf('}', at);
    if (!takes('{') || end < 0) {
      throw new RegexProblem("an escape must be followed by something in braces");
    }
    String inner = source.substring(at, end);
    at = end + 1;
    return inner;
  }

  private char peek() {
    return source.charAt(at);
  }

  private int next() throws RegexProblem {
    if (at >= source.length()) {
      throw new RegexProblem("it ends in the middle");
    }
    int c = source.codePointAt(at);
    at += Character.charCount(c);
    return c;
  }

  private boolean takes(char c) {
    boolean is = at < source.length() && source.charAt(at) == c;
    at += is ? 1 : 0;
    return is;
  }

  private boolean takes(String word) {
    boolean is = source.startsWith(word, at);
    at += is ? word.length() : 0;
    return is;
  }
}
