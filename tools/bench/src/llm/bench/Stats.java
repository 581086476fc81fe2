package llm.bench;

import java.util.List;

/** Medians and spreads of rounds. */
final class Stats {
  private Stats() {}

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().filter(v -> !v.isNaN()).sorted().toList();
    if (sorted.isEmpty()) {
      return Double.NaN;
    }
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  /** {@code lowest..highest of n}, for the table. */
  static String spread(List<Double> values) {
    List<Double> sorted = values.stream().filter(v -> !v.isNaN()).sorted().toList();
    return sorted.isEmpty()
        ? "no value"
        : Report.number(sorted.getFirst())
            + ".."
            + Report.number(sorted.getLast())
            + " of "
            + sorted.size();
  }

  /** Whether the largest is at most the share {@code within} above the smallest. */
  static boolean agree(List<Double> values, double within) {
    double low = values.stream().mapToDouble(v -> v).min().orElse(Double.NaN);
    double high = values.stream().mapToDouble(v -> v).max().orElse(Double.NaN);
    return low > 0 && Double.isFinite(high) && high <= low * (1 + within);
  }
}
