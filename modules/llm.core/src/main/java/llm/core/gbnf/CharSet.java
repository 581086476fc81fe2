package llm.core.gbnf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of Unicode's scalar values: surrogates, which UTF-8 cannot write, are in none.
 *
 * @param ranges in order, none touching the next
 */
record CharSet(List<Range> ranges) {
  /** Every character. */
  static final CharSet ANY = of(List.of(new Range(0, Character.MAX_CODE_POINT)));

  private static final int SURROGATES_FROM = 0xD800;
  private static final int SURROGATES_TO = 0xDFFF;

  /** From a character to another one, both included. */
  record Range(int from, int to) {}

  CharSet {
    ranges = List.copyOf(ranges);
  }

  /** The union of ranges in any order. */
  static CharSet of(List<Range> parts) {
    List<Range> sorted = new ArrayList<>();
    for (Range part : parts) {
      addIfAny(sorted, part.from(), Math.min(part.to(), SURROGATES_FROM - 1));
      addIfAny(sorted, Math.max(part.from(), SURROGATES_TO + 1), part.to());
    }
    sorted.sort(Comparator.comparingInt(Range::from));
    List<Range> merged = new ArrayList<>();
    for (Range next : sorted) {
      if (!merged.isEmpty() && next.from() <= merged.getLast().to() + 1) {
        Range last = merged.removeLast();
        merged.add(new Range(last.from(), Math.max(last.to(), next.to())));
      } else {
        merged.add(next);
      }
    }
    return new CharSet(merged);
  }

  /** All other characters. */
  CharSet negated() {
    List<Range> gaps = new ArrayList<>();
    int from = 0;
    for (Range range : ranges) {
      addIfAny(gaps, from, range.from() - 1);
      from = range.to() + 1;
    }
    addIfAny(gaps, from, Character.MAX_CODE_POINT);
    return of(gaps);
  }

  boolean isEmpty() {
    return ranges.isEmpty();
  }

  private static void addIfAny(List<Range> ranges, int from, int to) {
    if (from <= to) {
      ranges.add(new Range(from, to));
    }
  }
}
