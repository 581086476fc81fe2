package llm.core.schema.grammar.text;

import java.util.ArrayList;
import java.util.List;
import llm.core.schema.grammar.automaton.CharSet;
import llm.core.schema.grammar.automaton.Regex;
import llm.domain.text.Excerpt;

/**
 * Reads the regular expressions of ECMA-262, with its flag {@code u}, as far as they are regular:
 * no backreferences, lookaround or word boundaries. What other engines read in another way, as
 * {@code [a&&b]}, is refused too.
 */
public final class Pattern {
  private static final int MOST_CHARS = 4_000;
  private static final int MOST_LEVELS = 50;
  private static final int MOST_REPEATS = 1_000;

  private static final CharSet DIGITS = CharSet.ofPairs("09");
  private static final CharSet WORD = CharSet.ofPairs("azAZ09__");

  /** What {@code \s} stands for: the blanks and ends of lines of Unicode. */
  private static final CharSet BLANKS =
      CharSet.ofPairs(
          "\t\r  \u00a0\u00a0\u1680\u1680\u2000\u200a\u2028\u2029\u202f\u202f\u205f\u205f\u3000\u3000\ufeff\ufeff");

  private static final CharSet LINE_ENDS = CharSet.ofPairs("\n\n\r\r\u2028\u2029");

  private final int[] text;
  private int at;
  private int level;

  private Pattern(String text) {
    this.text = text.codePoints().toArray();
  }

  /** The expression that a pattern stands for; it may be found anywhere in a string. */
  public static Regex read(String pattern) throws PatternProblem {
    if (pattern.length() > MOST_CHARS) {
      throw new PatternProblem("the pattern has more than " + MOST_CHARS + " characters");
    }
    var reader = new Pattern(pattern);
    Regex regex = reader.choices();
    if (reader.at < reader.text.length) {
      throw reader.problem("a parenthesis is closed that was not opened");
    }
    return regex;
  }

  /** The expression that a pattern of the product's own stands for. */
  public static Regex own(String pattern) {
    try {
      return read(pattern);
    } catch (PatternProblem bug) {
      throw new IllegalStateException(pattern, bug);
    }
  }

  private Regex choices() throws PatternProblem {
    if (++level > MOST_LEVELS) {
      throw problem("groups stand in more than " + MOST_LEVELS + " others");
    }
    var choices = new ArrayList<Regex>();
    choices.add(sequence());
    while (takes('|')) {
      choices.add(sequence());
    }
    level--;
    return choices.size() == 1 ? choices.getFirst() : new Regex.Alt(List.copyOf(choices));
  }

  private Regex sequence() throws PatternProblem {
    var parts = new ArrayList<Regex>();
    while (at < text.length && text[at] != '|' && text[at] != ')') {
      parts.add(quantified(atom()));
    }
    return parts.size() == 1 ? parts.getFirst() : new Regex.Seq(List.copyOf(parts));
  }

  private Regex quantified(Regex atom) throws PatternProblem {
    int min;
    int max = Regex.UNBOUNDED;
    if (takes('*')) {
      min = 0;
    } else if (takes('+')) {
      min = 1;
    } else if (takes('?')) {
      min = 0;
      max = 1;
    } else if (takes('{')) {
      min = count();
      if (takes(',')) {
        max = at < text.length && text[at] == '}' ? Regex.UNBOUNDED : count();
      } else {
        max = min;
      }
      if (!takes('}') || max < min) {
        throw problem("a count must be as {2}, {2,} or {2,5}");
      }
    } else {
      return atom;
    }
    if (atom instanceof Regex.Start || atom instanceof Regex.End) {
      throw problem("^ and $ cannot be repeated");
    }
    takes('?'); // lazy or not, it is the same strings
    if (at < text.length && (text[at] == '*' || text[at] == '+' || text[at] == '{')) {
      throw problem("one quantifier follows another");
    }
    return new Regex.Repeat(atom, min, max);
  }

  private int count() throws PatternProblem {
    int value = 0;
    int from = at;
    while (at < text.length && text[at] >= '0' && text[at] <= '9') {
      value = value * 10 + text[at++] - '0';
      if (value > MOST_REPEATS) {
        throw problem("it counts beyond " + MOST_REPEATS);
      }
    }
    if (at == from) {
      throw problem("a count must be as {2}, {2,} or {2,5}");
    }
    return value;
  }

  private Regex atom() throws PatternProblem {
    int c = text[at++];
    return switch (c) {
      case '^' -> new Regex.Start();
      case '$' -> new Regex.End();
      case '.' -> new Regex.Chars(LINE_ENDS.not());
      case '(' -> group();
      case '[' -> new Regex.Chars(bracketed());
      case '\\' -> new Regex.Chars(escape(false));
      case '*', '+', '?', '{' -> throw problem("nothing stands before '" + (char) c + "'");
      default -> new Regex.Chars(one(c));
    };
  }

  private Regex group() throws PatternProblem {
    if (takes('?')) {
      if (takes('<')) {
        name();
      } else if (!takes(':')) {
        throw problem("lookaround and flags cannot be held by a grammar");
      }
    }
    Regex inside = choices();
    if (!takes(')')) {
      throw problem("a group is not closed");
    }
    return inside;
  }

  private void name() throws PatternProblem {
    int from = at;
    while (at < text.length && Character.isLetterOrDigit(text[at])) {
      at++;
    }
    if (at == from || !takes('>')) {
      throw problem("lookbehind cannot be held by a grammar");
    }
  }

  private CharSet bracketed() throws PatternProblem {
    boolean negated = takes('^');
    CharSet set = CharSet.NONE;
    if (at < text.length && text[at] == ']') {
      throw problem("[] and [^] are read in different ways");
    }
    while (!takes(']')) {
      CharSet first = member();
      boolean range = at + 1 < text.length && text[at] == '-' && text[at + 1] != ']';
      if (range) {
        at++;
        CharSet last = member();
        if (first.size() != 1 || last.size() != 1) {
          throw problem("a range must go from one character to another");
        }
        int from = first.ranges().getFirst().first();
        int to = last.ranges().getFirst().first();
        if (from > to) {
          throw problem("a range goes backwards");
        }
        first = CharSet.of(from, to);
      }
      set = set.or(first);
    }
    return negated ? set.not() : set;
  }

  private CharSet member() throws PatternProblem {
    if (at >= text.length) {
      throw problem("a class is not closed");
    }
    int c = text[at++];
    if (c == '\\') {
      return escape(true);
    }
    if (c == '[' || c == '&' && at < text.length && text[at] == '&') {
      throw problem("[ and && in a class are read in different ways; write \\[ or \\&");
    }
    return one(c);
  }

  private CharSet escape(boolean inClass) throws PatternProblem {
    if (at >= text.length) {
      throw problem("nothing follows the last backslash");
    }
    int c = text[at++];
    return switch (c) {
      case 'd' -> DIGITS;
      case 'D' -> DIGITS.not();
      case 'w' -> WORD;
      case 'W' -> WORD.not();
      case 's' -> BLANKS;
      case 'S' -> BLANKS.not();
      case 't' -> CharSet.of('\t');
      case 'n' -> CharSet.of('\n');
      case 'r' -> CharSet.of('\r');
      case 'f' -> CharSet.of('\f');
      case 'x' -> one(hex(2));
      case 'u' -> one(unicode());
      case 'b', 'B' -> {
        if (inClass && c == 'b') {
          yield CharSet.of('\b');
        }
        throw problem("word boundaries cannot be held by a grammar");
      }
      default -> {
        boolean known = "^$\\.*+?()[]{}|/-".indexOf(c) >= 0 || isMark(c);
        if (!known) {
          throw problem("\\" + Character.toString(c) + " is not known");
        }
        yield one(c);
      }
    };
  }

  private static boolean isMark(int c) {
    return c > 0x20 && c < 0x7F && !Character.isLetterOrDigit(c) && c != '<' && c != '>';
  }

  /** Four digits, or twice four for a character beyond the first plane. */
  private int unicode() throws PatternProblem {
    if (at < text.length && text[at] == '{') {
      throw problem("\\u{…} is read in different ways; write \\uXXXX or the character itself");
    }
    int first = hex(4);
    boolean pair =
        Character.isHighSurrogate((char) first)
            && at + 1 < text.length
            && text[at] == '\\'
            && text[at + 1] == 'u';
    if (!pair) {
      return first;
    }
    at += 2;
    char second = (char) hex(4);
    if (!Character.isLowSurrogate(second)) {
      throw problem("half a character is none");
    }
    return Character.toCodePoint((char) first, second);
  }

  private int hex(int digits) throws PatternProblem {
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = at < text.length ? Character.digit(text[at++], 16) : -1;
      if (digit < 0) {
        throw problem("hexadecimal digits are missing");
      }
      value = value * 16 + digit;
    }
    return value;
  }

  private CharSet one(int c) throws PatternProblem {
    if (!Character.isValidCodePoint(c) || c >= 0xD800 && c <= 0xDFFF) {
      throw problem("half a character is none");
    }
    return CharSet.of(c);
  }

  private boolean takes(int c) {
    if (at < text.length && text[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  private PatternProblem problem(String why) {
    String whole = new String(text, 0, text.length);
    return new PatternProblem("in " + Excerpt.of(whole) + " at " + at + ": " + why);
  }
}
