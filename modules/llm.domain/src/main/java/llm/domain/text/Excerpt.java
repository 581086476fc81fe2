package llm.domain.text;

/** Parts of texts that are too long for where they are to stand, which say what is left out. */
public final class Excerpt {
  private static final int MAX_CHARS = 64;

  private Excerpt() {}

  /**
   * A caller's value as an error message shows it: on one line, in single quotes. Control
   * characters become {@code ?}; of a longer value the first 64 characters stand, followed by its
   * length.
   */
  public static String of(String value) {
    int end = Math.min(value.length(), MAX_CHARS);
    if (end == MAX_CHARS && Character.isHighSurrogate(value.charAt(end - 1))) {
      end--; // half a character is none
    }
    var out = new StringBuilder(end + 32).append('\'');
    for (int i = 0; i < end; i++) {
      char c = value.charAt(i);
      out.append(Character.isISOControl(c) ? '?' : c);
    }
    if (end < value.length()) {
      return out.append("…' (").append(value.length()).append(" characters)").toString();
    }
    return out.append('\'').toString();
  }

  /**
   * A caller's word as a sentence repeats it that quotes it itself: its first 64 characters, and a
   * mark where it is longer.
   */
  public static String shortened(CharSequence word) {
    if (word.length() <= MAX_CHARS) {
      return word.toString();
    }
    int end = Character.isHighSurrogate(word.charAt(MAX_CHARS - 1)) ? MAX_CHARS - 1 : MAX_CHARS;
    return word.subSequence(0, end) + "…";
  }

  /**
   * The beginning and the end of a text, with a line between them that tells how much is left out;
   * the text itself where it is not longer than {@code mostChars}.
   *
   * @param mostChars of the text, 0 or more
   */
  public static String ends(String text, int mostChars) {
    if (text.length() <= mostChars) {
      return text;
    }
    int head = mostChars * 2 / 3;
    int tail = text.length() - (mostChars - head);
    if (head > 0 && Character.isHighSurrogate(text.charAt(head - 1))) {
      head--;
    }
    if (tail < text.length() && Character.isLowSurrogate(text.charAt(tail))) {
      tail++;
    }
    String out = "[… this is an excerpt: " + (tail - head) + " characters are left out here …]";
    return text.substring(0, head) + "\n" + out + "\n" + text.substring(tail);
  }
}
