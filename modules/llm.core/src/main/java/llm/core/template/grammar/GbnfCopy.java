package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.List;

/**
 * Copies a grammar with changes: rules under other names, or without a character. It is read as far
 * as that takes: names, literals, classes, repetitions, comments; that it is a grammar is for
 * others to check.
 */
final class GbnfCopy {
  private static final int TAG = '<';
  private static final String ESCAPED_TAG = "\"\\\\u003c\"";
  private static final String NO_TAG = "([^<] | " + ESCAPED_TAG + ")";

  private final String gbnf;
  private final String prefix;
  private final StringBuilder out;
  private boolean escapesTags;
  private int at;

  /** A copy whose rules have {@code prefix} before their names. */
  GbnfCopy(String gbnf, String prefix) {
    this.gbnf = gbnf;
    this.prefix = prefix;
    this.out = new StringBuilder(gbnf.length() + 256);
  }

  /** The copy. */
  String text() {
    while (at < gbnf.length()) {
      char c = gbnf.charAt(at);
      switch (c) {
        case '#' -> at = end('\n', at);
        case '"' -> literal();
        case '[' -> characters();
        case '{' -> copy(end('}', at) + 1);
        case '.' -> {
          out.append(escapesTags ? NO_TAG : ".");
          at++;
        }
        default -> {
          if (isOfName(c)) {
            name();
          } else {
            copy(at + 1);
          }
        }
      }
    }
    return out.toString();
  }

  /**
   * The copy of a grammar of JSON, whose strings say the same without the sign {@code <}: outside
   * of strings JSON has none, and in them it is written as an escape.
   */
  String withoutTags() {
    escapesTags = true;
    return text();
  }

  private void copy(int to) {
    out.append(gbnf, at, Math.min(to, gbnf.length()));
    at = to;
  }

  private int end(char sign, int from) {
    int end = gbnf.indexOf(sign, from);
    return end < 0 ? gbnf.length() : end;
  }

  private void name() {
    int from = at;
    while (at < gbnf.length() && isOfName(gbnf.charAt(at))) {
      at++;
    }
    out.append(prefix).append(gbnf, from, at);
  }

  private static boolean isOfName(char c) {
    return c < 0x80 && Character.isLetterOrDigit(c) || c == '-' || c == '_';
  }

  private void literal() {
    int from = at++;
    boolean hasTag = false;
    var escaped = new StringBuilder("\"");
    while (at < gbnf.length() && gbnf.charAt(at) != '"') {
      int start = at;
      if (code() == TAG) {
        hasTag = true;
        escaped.append("\\\\u003c");
      } else {
        escaped.append(gbnf, start, at);
      }
    }
    at++;
    if (hasTag && escapesTags) {
      out.append(escaped).append('"');
    } else {
      out.append(gbnf, from, Math.min(at, gbnf.length()));
    }
  }

  /** A class of characters; one without the sign stands for one that has it. */
  private void characters() {
    int from = at++;
    boolean negated = at < gbnf.length() && gbnf.charAt(at) == '^';
    at += negated ? 1 : 0;
    List<int[]> ranges = new ArrayList<>();
    while (at < gbnf.length() && gbnf.charAt(at) != ']') {
      int first = code();
      boolean range =
          at + 1 < gbnf.length() && gbnf.charAt(at) == '-' && gbnf.charAt(at + 1) != ']';
      at += range ? 1 : 0;
      ranges.add(new int[] {first, range ? code() : first});
    }
    at++;
    boolean named = ranges.stream().anyMatch(range -> range[0] <= TAG && TAG <= range[1]);
    if (!escapesTags || named == negated) {
      out.append(gbnf, from, Math.min(at, gbnf.length()));
      return;
    }
    var without = new StringBuilder(negated ? "[^<" : "[");
    for (int[] range : ranges) {
      if (negated || TAG < range[0] || range[1] < TAG) {
        append(range[0], range[1], without);
      } else {
        append(range[0], TAG - 1, without);
        append(TAG + 1, range[1], without);
      }
    }
    boolean nothingElse = without.length() == 1;
    out.append(
        nothingElse ? ESCAPED_TAG : "(" + without.append("] | ").append(ESCAPED_TAG).append(')'));
  }

  private static void append(int first, int last, StringBuilder ranges) {
    if (first <= last) {
      ranges.append("\\U%08X".formatted(first));
      if (first < last) {
        ranges.append("-\\U%08X".formatted(last));
      }
    }
  }

  /** The code point here, which may be escaped; goes behind it. */
  private int code() {
    int point = gbnf.codePointAt(at);
    at += Character.charCount(point);
    if (point != '\\' || at >= gbnf.length()) {
      return point;
    }
    char kind = gbnf.charAt(at++);
    return switch (kind) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'x' -> digits(2);
      case 'u' -> digits(4);
      case 'U' -> digits(8);
      default -> kind;
    };
  }

  private int digits(int count) {
    int to = Math.min(gbnf.length(), at + count);
    int point = (int) Long.parseLong(gbnf.substring(at, to), 16);
    at = to;
    return point;
  }
}
