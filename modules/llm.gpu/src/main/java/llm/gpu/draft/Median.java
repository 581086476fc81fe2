package llm.gpu.draft;

import java.util.Arrays;

/** The median of the last numbers; the smaller one of two in the middle. One thread. */
final class Median {
  private final double[] last;
  private int count;

  /** Of so many. */
  Median(int most) {
    this.last = new double[most];
  }

  void add(double number) {
    last[count++ % last.length] = number;
  }

  /** How many there were. */
  int count() {
    return count;
  }

  /** 0 before the first one. */
  double value() {
    double[] sorted = sorted();
    return sorted.length == 0 ? 0 : sorted[(sorted.length - 1) / 2];
  }

  /** The smallest of the last numbers; 0 before the first one. */
  double smallest() {
    double[] sorted = sorted();
    return sorted.length == 0 ? 0 : sorted[0];
  }

  private double[] sorted() {
    double[] sorted = Arrays.copyOf(last, Math.min(count, last.length));
    Arrays.sort(sorted);
    return sorted;
  }
}
