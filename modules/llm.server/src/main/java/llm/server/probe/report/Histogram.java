package llm.server.probe.report;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** How milliseconds are spread, as lines of text; one of the bounds is the target of 800 ms. */
final class Histogram {
  private static final int WIDTH = 40;
  private static final long[] BOUNDS = {
    0, 1, 2, 5, 10, 20, 50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 60_000
  };

  private Histogram() {}

  /** A line for each range from the lowest value's to the highest one's; none without values. */
  static List<String> lines(Sample sample) {
    if (sample.isEmpty()) {
      return List.of();
    }
    int[] counts = new int[BOUNDS.length];
    int largest = 0;
    for (double value : sample.sorted()) {
      int at = range(value);
      counts[at]++;
      largest = Math.max(largest, counts[at]);
    }
    int most = largest;
    return IntStream.rangeClosed(range(sample.least()), range(sample.most()))
        .mapToObj(at -> line(at, counts[at], most))
        .toList();
  }

  private static String line(int at, int count, int most) {
    String name =
        at + 1 < BOUNDS.length
            ? String.format(Locale.ROOT, "%6d – %6d ms", BOUNDS[at], BOUNDS[at + 1])
            : String.format(Locale.ROOT, "%6d ms and more", BOUNDS[at]);
    int bar = (int) Math.ceil((double) count * WIDTH / most);
    return (String.format(Locale.ROOT, "%-18s | ", name) + "#".repeat(bar) + " " + count);
  }

  /** Which range a value is in: from its lower bound on, below the upper one. */
  private static int range(double value) {
    int at = BOUNDS.length - 1;
    while (at > 0 && value < BOUNDS[at]) {
      at--;
    }
    return at;
  }
}
