package llm.core.gateway.failover;

/**
 * The joint of a continuation by a model that was asked in words to repeat nothing, and may do so
 * all the same. Where the continuation begins with the end of the given text, that is taken away:
 * the longest such end, of at most {@link #MOST} characters. It is longer than what models repeat,
 * which is a word or the line.
 *
 * <p>Whether "ababab" and then "abX" is a repetition cannot be known: it is taken for one. White
 * space that differs makes no difference where so much else is the same that it can be no chance.
 *
 * <p>The first characters are held back until it is known how much they repeat, which is at once
 * where they repeat nothing.
 */
public final class Overlap implements Joint {
  /** Characters at the end of the given text that are looked for; of white space, as many more. */
  public static final int MOST = 160;

  /** Characters that must be the same where white space differs. */
  private static final int LEAST_ALIKE = 8;

  private static final int MOST_HELD = 2 * MOST;

  private final String tail;
  private final String solid; // the tail without white space
  private final StringBuilder held = new StringBuilder();
  private Joint behind; // null: not decided yet

  /** A joint behind {@code given}. */
  public Overlap(String given) {
    this.tail = end(given, MOST);
    this.solid = end(solid(end(given, MOST_HELD)), MOST);
  }

  @Override
  public String next(String text) {
    if (behind != null) {
      return behind.next(text);
    }
    held.append(text);
    return mayRepeatMore() && held.length() < MOST_HELD ? "" : decide();
  }

  @Override
  public String end() {
    return behind == null ? decide() : behind.end();
  }

  private boolean mayRepeatMore() {
    for (int size = tail.length(); size > held.length(); size--) {
      if (tail.startsWith(held.toString(), tail.length() - size)) {
        return true;
      }
    }
    String alike = solid(held);
    for (int size = solid.length(); size > alike.length(); size--) {
      if (solid.startsWith(alike, solid.length() - size)) {
        return true;
      }
    }
    return false;
  }

  private String decide() {
    String text = held.toString();
    int same = same(text);
    int alike = alike(text);
    boolean loosely = alike > same;
    behind = new Regrown(loosely ? tail.substring(tail.stripTrailing().length()) : "");
    return behind.next(text.substring(loosely ? alike : same));
  }

  /** How many characters of {@code text} are the tail's end once more. */
  private int same(String text) {
    for (int size = Math.min(tail.length(), text.length()); size > 0; size--) {
      if (tail.startsWith(text.substring(0, size), tail.length() - size)) {
        return size;
      }
    }
    return 0;
  }

  /** The same where white space is passed over. */
  private int alike(String text) {
    String all = solid(text);
    for (int size = Math.min(solid.length(), all.length()); size >= LEAST_ALIKE; size--) {
      if (solid.startsWith(all.substring(0, size), solid.length() - size)) {
        return behindSolid(text, size);
      }
    }
    return 0;
  }

  /** Where in {@code text} so many characters that are no white space are over. */
  private static int behindSolid(String text, int count) {
    int at = 0;
    for (int left = count; left > 0; at++) {
      left -= Character.isWhitespace(text.charAt(at)) ? 0 : 1;
    }
    return at;
  }

  private static String solid(CharSequence text) {
    var solid = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (!Character.isWhitespace(text.charAt(i))) {
        solid.append(text.charAt(i));
      }
    }
    return solid.toString();
  }

  /** At most so many characters, no half of one at the beginning. */
  private static String end(String text, int most) {
    int from = Math.max(0, text.length() - most);
    boolean half = from > 0 && Character.isLowSurrogate(text.charAt(from));
    return text.substring(half ? from + 1 : from);
  }
}
