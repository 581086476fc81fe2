package llm.core.template.value;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A string that knows where its characters come from: each run of them has a label, 0 for the
 * template's own words and any other number for what a caller said. So a prompt can be read without
 * letting a message write control tokens, and what a template leaves out is noticed. Immutable;
 * equal by characters alone.
 */
public final class Text implements CharSequence {
  /** The empty text. */
  public static final Text EMPTY = new Text("", new int[0], new int[0]);

  private final String chars;
  private final int[] ends; // of runs, rising; the last is the length
  private final int[] labels; // of the same runs

  Text(String chars, int[] ends, int[] labels) {
    this.chars = chars;
    this.ends = ends;
    this.labels = labels;
  }

  /** A run of characters of one origin. */
  public record Run(String text, int label) {}

  /** The template's own words. */
  public static Text of(String chars) {
    return of(chars, 0);
  }

  /** Words of the origin {@code label}. */
  public static Text of(String chars, int label) {
    return chars.isEmpty() ? EMPTY : new Text(chars, new int[] {chars.length()}, new int[] {label});
  }

  /** Its runs, in order; neighbours have different labels. */
  public List<Run> runs() {
    var runs = new Run[ends.length];
    for (int i = 0; i < ends.length; i++) {
      runs[i] = new Run(chars.substring(i == 0 ? 0 : ends[i - 1], ends[i]), labels[i]);
    }
    return List.of(runs);
  }

  /** The label of most concern: that of the first run that is not the template's. */
  public int foreignLabel() {
    return Arrays.stream(labels).filter(label -> label != 0).findFirst().orElse(0);
  }

  /** From {@code from} up to {@code to}. */
  public Text cut(int from, int to) {
    if (from >= to) {
      return EMPTY;
    }
    if (from == 0 && to == chars.length()) {
      return this;
    }
    var builder = new TextBuilder();
    builder.append(this, from, to);
    return builder.toText();
  }

  /** How many code points it has. */
  public int codePointLength() {
    return chars.codePointCount(0, chars.length());
  }

  /** From the code point {@code from} up to the one {@code to}; both are there. */
  public Text cutCodePoints(int from, int to) {
    if (from >= to) {
      return EMPTY;
    }
    int begin = chars.offsetByCodePoints(0, from);
    return cut(begin, chars.offsetByCodePoints(begin, to - from));
  }

  /** The same with this character for character; what changes the length has one label. */
  public Text changed(UnaryOperator<String> change) {
    String other = change.apply(chars);
    return other.length() == chars.length()
        ? new Text(other, ends, labels)
        : of(other, foreignLabel());
  }

  /** Puts the runs of {@code from} up to {@code to} into {@code builder}. */
  public void copyTo(TextBuilder builder, int from, int to) {
    int run = Arrays.binarySearch(ends, from + 1);
    run = run < 0 ? -run - 1 : run;
    for (int at = from; at < to; run++) {
      int end = Math.min(ends[run], to);
      builder.append(chars, at, end, labels[run]);
      at = end;
    }
  }

  @Override
  public int length() {
    return chars.length();
  }

  @Override
  public char charAt(int index) {
    return chars.charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return cut(start, end);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Text text && chars.equals(text.chars);
  }

  @Override
  public int hashCode() {
    return chars.hashCode();
  }

  @Override
  public String toString() {
    return chars;
  }
}
