package llm.gpu.text;

import java.util.List;

/**
 * Ends a text before the first stop string in it. Text that may be the beginning of one is held
 * back until that is settled, so nothing of a stop string is ever let through. Where several end at
 * the same character, the longest counts.
 *
 * <p>Knuth–Morris–Pratt for each string: constant work a character, however they repeat themselves.
 * One generation; one thread.
 */
public final class StopMatcher {
  private final String[] stops;
  private final int[][] fallbacks;
  private final int[] matched; // by stop: how many of its characters the text ends with
  private final StringBuilder held = new StringBuilder();
  private boolean stopped;

  /** Matches none, one or several strings, none of them empty. */
  public StopMatcher(List<String> stops) {
    this.stops = stops.toArray(String[]::new);
    this.matched = new int[this.stops.length];
    this.fallbacks = new int[this.stops.length][];
    for (int i = 0; i < this.stops.length; i++) {
      fallbacks[i] = fallback(this.stops[i]);
    }
  }

  /** Whether a stop string came: the text is over. */
  public boolean stopped() {
    return stopped;
  }

  /** Takes more text and returns what is certain to be before any stop string. */
  public String push(String text) {
    if (stopped) {
      return "";
    }
    if (stops.length == 0) {
      return text;
    }
    for (int i = 0; i < text.length() && !stopped; i++) {
      held.append(text.charAt(i));
      advance(text.charAt(i));
    }
    return stopped ? takeAll() : take(held.length() - heldBack());
  }

  /** The end of the text: what was held back is text after all. */
  public String finish() {
    return takeAll();
  }

  private void advance(char next) {
    int longest = 0;
    for (int s = 0; s < stops.length; s++) {
      int state = matched[s];
      while (state > 0 && stops[s].charAt(state) != next) {
        state = fallbacks[s][state];
      }
      if (stops[s].charAt(state) == next) {
        state++;
      }
      matched[s] = state;
      if (state == stops[s].length()) {
        longest = Math.max(longest, state);
        stopped = true;
      }
    }
    held.setLength(held.length() - longest);
  }

  /** Keeps a surrogate pair together: a stop string may begin with half of one. */
  private int heldBack() {
    int count = 0;
    for (int state : matched) {
      count = Math.max(count, state);
    }
    int end = held.length() - count;
    return end > 0 && Character.isHighSurrogate(held.charAt(end - 1)) ? count + 1 : count;
  }

  private String takeAll() {
    return take(held.length());
  }

  private String take(int count) {
    String text = held.substring(0, count);
    held.delete(0, count);
    return text;
  }

  /** By length of a matched prefix: the longest shorter prefix that ends the same. */
  private static int[] fallback(String stop) {
    int[] fallback = new int[stop.length() + 1];
    int state = 0;
    for (int i = 1; i < stop.length(); i++) {
      while (state > 0 && stop.charAt(state) != stop.charAt(i)) {
        state = fallback[state];
      }
      if (stop.charAt(state) == stop.charAt(i)) {
        state++;
      }
      fallback[i + 1] = state;
    }
    return fallback;
  }
}
