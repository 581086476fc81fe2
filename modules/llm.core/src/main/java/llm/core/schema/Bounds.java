package llm.core.schema;

import java.util.List;
import java.util.stream.Collectors;
import llm.domain.text.Excerpt;

/** The words for limits in messages. */
final class Bounds {
  private static final int MOST_NAMED = 12;

  private Bounds() {}

  static void require(int min, int max) {
    if (min < 0 || min > max) {
      throw new IllegalArgumentException("bounds " + min + " to " + max + " fit nothing");
    }
  }

  static String words(int min, int max, String unit) {
    if (max == Schema.UNBOUNDED) {
      return min == 0 ? "" : " of at least " + min + " " + unit;
    }
    return min == 0 ? " of at most " + max + " " + unit : " of " + min + " to " + max + " " + unit;
  }

  static String words(long min, long max) {
    if (isInt(min, max)) {
      return " of 32 bits";
    }
    return range(
        min == Long.MIN_VALUE ? null : Long.toString(min),
        max == Long.MAX_VALUE ? null : Long.toString(max));
  }

  static String words(double min, double max) {
    return range(
        Double.isInfinite(min) ? null : decimal(min), Double.isInfinite(max) ? null : decimal(max));
  }

  /** Whether the bounds are only those of an {@code int}; a schema's text leaves them out. */
  static boolean isInt(long min, long max) {
    return min == Integer.MIN_VALUE && max == Integer.MAX_VALUE;
  }

  static String choice(List<String> values) {
    String named =
        values.stream().limit(MOST_NAMED).map(Excerpt::of).collect(Collectors.joining(", "));
    String rest = values.size() > MOST_NAMED ? ", … (" + values.size() + " in all)" : "";
    return values.size() == 1 ? named : "one of " + named + rest;
  }

  static String either(List<String> words) {
    return String.join(" or ", words);
  }

  /** Without a fraction where there is none. */
  static String decimal(double value) {
    boolean whole = value == Math.rint(value) && Math.abs(value) < 1e15;
    return whole ? Long.toString((long) value) : Double.toString(value);
  }

  private static String range(String min, String max) {
    if (min == null) {
      return max == null ? "" : " of at most " + max;
    }
    return max == null ? " of at least " + min : " from " + min + " to " + max;
  }
}
