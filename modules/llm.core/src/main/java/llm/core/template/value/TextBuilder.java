package llm.core.template.value;

import java.util.Arrays;

/** Joins texts and keeps their origins. One thread. */
public final class TextBuilder {
  private final StringBuilder chars = new StringBuilder();
  private int[] ends = new int[8];
  private int[] labels = new int[8];
  private int runs;

  public TextBuilder append(Text text) {
    return append(text, 0, text.length());
  }

  public TextBuilder append(Text text, int from, int to) {
    if (from < to) {
      text.copyTo(this, from, to);
    }
    return this;
  }

  /** The template's own words. */
  public TextBuilder append(String words) {
    return append(words, 0, words.length(), 0);
  }

  public TextBuilder append(String words, int label) {
    return append(words, 0, words.length(), label);
  }

  public TextBuilder append(String words, int from, int to, int label) {
    if (from == to) {
      return this;
    }
    chars.append(words, from, to);
    if (runs > 0 && labels[runs - 1] == label) {
      ends[runs - 1] = chars.length();
      return this;
    }
    if (runs == ends.length) {
      ends = Arrays.copyOf(ends, 2 * runs);
      labels = Arrays.copyOf(labels, 2 * runs);
    }
    ends[runs] = chars.length();
    labels[runs++] = label;
    return this;
  }

  public int length() {
    return chars.length();
  }

  public Text toText() {
    return runs == 0
        ? Text.EMPTY
        : new Text(chars.toString(), Arrays.copyOf(ends, runs), Arrays.copyOf(labels, runs));
  }
}
