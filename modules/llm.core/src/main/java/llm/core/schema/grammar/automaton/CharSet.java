package llm.core.schema.grammar.automaton;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A set of characters, as ranges of code points in order that neither touch nor overlap. Surrogates
 * are no characters.
 */
public record CharSet(List<Range> ranges) {

  /** Code points from the first to the last, both among them. */
  public record Range(int first, int last) {}

  /** No character. */
  public static final CharSet NONE = new CharSet(List.of());

  /** Every character. */
  public static final CharSet ALL =
      new CharSet(List.of(new Range(0, 0xD7FF), new Range(0xE000, 0x10FFFF)));

  /** Copies. */
  public CharSet {
    ranges = List.copyOf(ranges);
  }

  /** One character. */
  public static CharSet of(int codePoint) {
    return of(codePoint, codePoint);
  }

  /** The characters from the first to the last. */
  public static CharSet of(int first, int last) {
    return normal(List.of(new Range(first, last)));
  }

  /** The characters of pairs: {@code "azAZ"} has all letters of ASCII. */
  public static CharSet ofPairs(String pairs) {
    var ranges = new ArrayList<Range>();
    for (int i = 0; i < pairs.length(); i += 2) {
      ranges.add(new Range(pairs.charAt(i), pairs.charAt(i + 1)));
    }
    return normal(ranges);
  }

  /** What is in either. */
  public CharSet or(CharSet other) {
    var all = new ArrayList<>(ranges);
    all.addAll(other.ranges);
    return normal(all);
  }

  /** What is in both. */
  public CharSet and(CharSet other) {
    var both = new ArrayList<Range>();
    int i = 0;
    int j = 0;
    while (i < ranges.size() && j < other.ranges.size()) {
      Range a = ranges.get(i);
      Range b = other.ranges.get(j);
      int first = Math.max(a.first, b.first);
      int last = Math.min(a.last, b.last);
      if (first <= last) {
        both.add(new Range(first, last));
      }
      if (a.last < b.last) {
        i++;
      } else {
        j++;
      }
    }
    return new CharSet(both);
  }

  /** Every character that is not in it. */
  public CharSet not() {
    var rest = new ArrayList<Range>();
    int next = 0;
    for (Range range : ranges) {
      if (range.first > next) {
        rest.add(new Range(next, range.first - 1));
      }
      next = range.last + 1;
    }
    if (next <= 0x10FFFF) {
      rest.add(new Range(next, 0x10FFFF));
    }
    return new CharSet(rest).and(ALL);
  }

  /** What is in it and not in the other. */
  public CharSet without(CharSet other) {
    return and(other.not());
  }

  /** Whether it has none. */
  public boolean isEmpty() {
    return ranges.isEmpty();
  }

  /** Whether it has this one. */
  public boolean contains(int codePoint) {
    for (Range range : ranges) {
      if (codePoint <= range.last) {
        return codePoint >= range.first;
      }
    }
    return false;
  }

  /** How many there are. */
  public int size() {
    int size = 0;
    for (Range range : ranges) {
      size += range.last - range.first + 1;
    }
    return size;
  }

  private static CharSet normal(List<Range> unordered) {
    var sorted = new ArrayList<>(unordered);
    sorted.sort(Comparator.comparingInt(Range::first));
    var merged = new ArrayList<Range>();
    for (Range range : sorted) {
      Range before = merged.isEmpty() ? null : merged.getLast();
      if (before != null && range.first <= before.last + 1) {
        merged.set(merged.size() - 1, new Range(before.first, Math.max(before.last, range.last)));
      } else {
        merged.add(range);
      }
    }
    return new CharSet(merged).and(ALL);
  }
}
