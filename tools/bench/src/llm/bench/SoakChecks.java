package llm.bench;

import java.util.List;
import java.util.function.IntFunction;
import llm.bench.SoakMemory.Sample;
import llm.bench.system.BenchFailure;

/** Checks of how a soak judges memory, made when the benchmarks are built. */
final class SoakChecks {
  private static final int SAMPLES = 60;
  private static final String MALLOC_INFO =
      """
      4711:
      <malloc version="1">
      <heap nr="0">
      <total type="rest" count="9" size="999"/>
      <system type="current" size="9999"/>
      </heap>
      <total type="fast" count="75" size="30"/>
      <total type="rest" count="1081" size="200"/>
      <total type="mmap" count="10" size="5000"/>
      <system type="current" size="1000"/>
      <system type="max" size="2000"/>
      </malloc>
      """;

  private SoakChecks() {}

  /** Throws when something is not as it should be. */
  static void all() {
    readsWhatTheJvmTells();
    double[] flat = {400, 5, 60};
    check(grown(i -> flat), "");
    // The compilers' peaks, however late, and one step that stays below the limit.
    check(grown(i -> new double[] {i % 5 == 0 ? 440 : 400, 5, i % 5 == 0 ? 70 : 60}), "");
    check(grown(i -> new double[] {i < 40 ? 400 : 411, 5, 60}), "");
    // What grows before the warm-up ends is left out.
    check(grown(i -> new double[] {Math.min(400, 300 + 10 * i), 5, 60}), "");
    check(grown(i -> new double[] {400 + 0.5 * i, 5, 60}), "rss grew by 15.0 MiB");
    check(grown(i -> new double[] {400, 5 + 0.2 * i, 60}), "live_heap grew by 6.0 MiB");
    check(grown(i -> new double[] {400, 5, 60 + 0.2 * i}), "malloc grew by 6.0 MiB");
  }

  private static void readsWhatTheJvmTells() {
    String histogram = "1:  3  72  java.lang.Total\nTotal         94230        4141704\n";
    require(SoakMemory.liveBytes(histogram) == 4_141_704, "live bytes of a histogram");
    double[] malloc = SoakMemory.mallocBytes(MALLOC_INFO);
    require(malloc[0] == 5770 && malloc[1] == 230, "malloc: " + malloc[0] + " " + malloc[1]);
    for (String other : List.of("", "Not available.", "</heap><total type=\"fast\" size=\"1\"/>")) {
      try {
        SoakMemory.mallocBytes(other);
        require(false, "taken for malloc_info: " + other);
      } catch (BenchFailure expected) {
        require(
            expected.getMessage().contains("malloc_info")
                || expected.getMessage().contains("glibc"),
            expected.getMessage());
      }
    }
  }

  /** What a soak with such samples, of resident memory, live heap and malloc, has failed by. */
  private static List<String> grown(IntFunction<double[]> at) {
    var memory = new SoakMemory();
    for (int i = 0; i < SAMPLES; i++) {
      double[] mib = at.apply(i);
      memory.add(new Sample(i, mib[0], mib[1], mib[2], 20, 0));
    }
    return memory.failures();
  }

  private static void check(List<String> failures, String expected) {
    boolean right =
        expected.isEmpty()
            ? failures.isEmpty()
            : failures.size() == 1 && failures.getFirst().startsWith(expected);
    require(right, "expected '" + expected + "', told " + failures);
  }

  private static void require(boolean right, String what) {
    if (!right) {
      throw new BenchFailure("the self-check failed: " + what);
    }
  }
}
