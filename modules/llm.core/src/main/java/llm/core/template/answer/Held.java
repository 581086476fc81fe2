package llm.core.template.answer;

import java.util.List;

/** Text in which marks are looked for, and what of it may be the beginning of one. */
final class Held {
  private Held() {}

  /**
   * A mark in a text.
   *
   * @param at where it begins
   */
  record Found(int at, String mark) {}

  /** The first mark; of several at one place the longest; null when there is none. */
  static Found first(CharSequence text, List<String> marks) {
    Found first = null;
    for (String mark : marks) {
      int at = mark.isEmpty() ? -1 : text.toString().indexOf(mark);
      boolean better =
          at >= 0
              && (first == null
                  || at < first.at()
                  || at == first.at() && mark.length() > first.mark().length());
      first = better ? new Found(at, mark) : first;
    }
    return first;
  }

  /** Where the longest end of {@code text} begins that a mark may begin with. */
  static int openEnd(CharSequence text, List<String> marks) {
    int from = text.length();
    for (String mark : marks) {
      for (int count = Math.min(mark.length() - 1, text.length()); count > 0; count--) {
        int at = text.length() - count;
        if (at < from && mark.startsWith(text.subSequence(at, text.length()).toString())) {
          from = at;
          break;
        }
      }
    }
    return from;
  }

  /** Where the white space at the end of the first {@code end} characters begins. */
  static int withoutSpace(CharSequence text, int end) {
    int to = end;
    while (to > 0 && Character.isWhitespace(text.charAt(to - 1))) {
      to--;
    }
    return to;
  }

  /** Where the white space at the beginning ends. */
  static int leadingSpace(CharSequence text) {
    int from = 0;
    while (from < text.length() && Character.isWhitespace(text.charAt(from))) {
      from++;
    }
    return from;
  }

  /** Whether text may still become {@code mark}, of which it is a part at most. */
  static boolean mayBecome(CharSequence text, String mark) {
    return text.length() < mark.length() && mark.startsWith(text.toString());
  }
}
