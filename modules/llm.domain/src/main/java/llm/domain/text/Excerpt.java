package llm.domain.text;

/** A caller's value as an error message shows it: in quotes, short, and on one line. */
public final class Excerpt {
  private static final int MAX_CHARS = 64;

  private Excerpt() {}

  /**
   * {@code value} in single quotes. Control characters become {@code ?}; of a longer value the
   * first 64 characters stand, followed by its length.
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
}
