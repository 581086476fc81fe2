package llm.server.probe.report;

import java.util.List;

/**
 * Measured values of one kind, sorted. Percentiles are interpolated between the two values next to
 * them, so that the 50th is the median.
 */
record Sample(List<Double> sorted) {

  static Sample of(List<Double> values) {
    return new Sample(values.stream().sorted().toList());
  }

  boolean isEmpty() {
    return sorted.isEmpty();
  }

  int count() {
    return sorted.size();
  }

  /** Not for an empty one, as all below. */
  double mean() {
    return sorted.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  double least() {
    return sorted.getFirst();
  }

  double most() {
    return sorted.getLast();
  }

  /**
   * The value that {@code share} of all are not above.
   *
   * @param share 0 to 1
   */
  double percentile(double share) {
    double place = share * (sorted.size() - 1);
    int below = (int) Math.floor(place);
    int above = Math.min(below + 1, sorted.size() - 1);
    double low = sorted.get(below);
    return low + (sorted.get(above) - low) * (place - below);
  }

  double p50() {
    return percentile(0.5);
  }

  double p95() {
    return percentile(0.95);
  }
}
