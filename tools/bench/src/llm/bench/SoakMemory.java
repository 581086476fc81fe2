package llm.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import llm.bench.system.BenchFailure;
import llm.bench.system.Proc;

/**
 * What a server holds while it is soaked, in three measures that grow for different reasons: Java
 * objects that are alive, memory that C code has allocated and not freed, and the resident memory
 * of the process, to which collector, compiler and allocator add what they keep for later. One
 * thread's.
 */
final class SoakMemory {
  private static final double WARM_SHARE = 0.25;
  private static final double MIB = 1024 * 1024;
  private static final Pattern HISTOGRAM_END = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)\\s*$");

  /** What may grow, by how much at most. */
  enum Measure {
    /** Besides the other two, code and what malloc keeps free until the next trim. */
    RESIDENT("rss", 12, Sample::resident),
    /** After a full collection; eight requests that are in work are far below a MiB. */
    LIVE_HEAP("live_heap", 4, Sample::liveHeap),
    /** The compiler's own peaks of some MiB last for seconds, and the medians leave them out. */
    MALLOC("malloc", 4, Sample::malloc);

    private final String title;
    private final double limitMib;
    private final ToDoubleFunction<Sample> of;

    Measure(String title, double limitMib, ToDoubleFunction<Sample> of) {
      this.title = title;
      this.limitMib = limitMib;
      this.of = of;
    }
  }

  /**
   * What was seen at one time, in MiB.
   *
   * @param seconds since the soak began
   * @param resident VmRSS
   * @param liveHeap Java objects after a full collection
   * @param malloc that the C library has handed out
   * @param kept that the C library keeps free for later, resident or not
   * @param prefixes of {@code malloc}, what kept prompts take
   */
  record Sample(
      double seconds,
      double resident,
      double liveHeap,
      double malloc,
      double kept,
      double prefixes) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%.0f MiB resident, %.1f live heap, %.1f malloc (%.1f prompts), %.1f free in malloc",
          resident,
          liveHeap,
          malloc,
          prefixes,
          kept);
    }
  }

  private final List<Sample> samples = new ArrayList<>();

  /** Looks now; has the server's JVM collect its heap. */
  Sample look(long pid, double seconds, double prefixBytes) {
    double resident = Proc.residentKib(pid) / 1024.0; // before jcmd makes the JVM work
    double heap = liveBytes(Jcmd.run(pid, "GC.class_histogram"));
    double[] malloc = mallocBytes(Jcmd.run(pid, "System.native_heap_info"));
    return add(
        new Sample(
            seconds, resident, heap / MIB, malloc[0] / MIB, malloc[1] / MIB, prefixBytes / MIB));
  }

  Sample add(Sample sample) {
    samples.add(sample);
    return sample;
  }

  /** What grew too much. */
  List<String> failures() {
    if (samples.isEmpty()) {
      return List.of();
    }
    return Stream.of(Measure.values())
        .filter(measure -> growth(measure) > measure.limitMib)
        .map(measure ->
            String.format(
                Locale.ROOT,
                "%s grew by %.1f MiB after the warm-up (at most %.0f)",
                measure.title,
                growth(measure),
                measure.limitMib))
        .toList();
  }

  /** The members of a JSON object: each measure after the warm-up and at the end, in MiB. */
  String json() {
    if (samples.isEmpty()) {
      return "\"samples\":0";
    }
    return Stream.of(Measure.values())
        .map(measure ->
            String.format(
                Locale.ROOT,
                ",\"%s_mib\":{\"warm\":%.1f,\"end\":%.1f,\"may_grow\":%.0f}",
                measure.title,
                warm(measure),
                end(measure),
                measure.limitMib))
        .collect(Collectors.joining("", "\"samples\":" + samples.size(), ""));
  }

  /** Writes every sample as a line of numbers with tabs between. */
  void write(Path file) {
    Report.write(
        file,
        samples.stream()
            .map(s ->
                String.format(
                    Locale.ROOT,
                    "%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t%.2f",
                    s.seconds,
                    s.resident,
                    s.liveHeap,
                    s.malloc,
                    s.kept,
                    s.prefixes))
            .collect(
                Collectors.joining(
                    "\n",
                    "seconds\trss\tlive_heap\tmalloc\tfree_in_malloc\tprefixes (MiB)\n",
                    "\n")));
  }

  /** Medians: one peak is no growth, and a step counts as what it is wherever it comes. */
  private double growth(Measure measure) {
    return end(measure) - warm(measure);
  }

  /** The median of the first third after the warm-up. */
  private double warm(Measure measure) {
    List<Sample> warm = warm();
    return median(measure, warm.subList(0, third(warm)));
  }

  /** The median of the last third. */
  private double end(Measure measure) {
    List<Sample> warm = warm();
    return median(measure, warm.subList(warm.size() - third(warm), warm.size()));
  }

  private List<Sample> warm() {
    return samples.subList((int) (samples.size() * WARM_SHARE), samples.size());
  }

  private static int third(List<Sample> warm) {
    return (warm.size() + 2) / 3;
  }

  private static double median(Measure measure, List<Sample> of) {
    return Stats.median(of.stream().map(measure.of::applyAsDouble).toList());
  }

  /** The sum below what {@code GC.class_histogram} prints. */
  static double liveBytes(String histogram) {
    Matcher total = HISTOGRAM_END.matcher(histogram);
    if (!total.find()) {
      throw new BenchFailure("no total in the class histogram: " + start(histogram));
    }
    return Double.parseDouble(total.group(1));
  }

  /**
   * What is handed out and what is kept free, by the totals at the end of glibc's malloc_info(3):
   * the arenas' size is both together; chunks with mappings of their own are handed out.
   */
  static double[] mallocBytes(String info) {
    int end = info.lastIndexOf("</heap>");
    if (end < 0) {
      throw new BenchFailure(
          "the C library's heap is not told, it needs glibc: " + start(info.strip()));
    }
    String totals = info.substring(end);
    double kept =
        attribute(totals, "total type=\"fast\"") + attribute(totals, "total type=\"rest\"");
    double arenas = attribute(totals, "system type=\"current\"");
    return new double[] {arenas - kept + attribute(totals, "total type=\"mmap\""), kept};
  }

  private static double attribute(String totals, String tag) {
    Matcher size = Pattern.compile("<" + tag + "[^>]* size=\"(\\d+)\"").matcher(totals);
    if (!size.find()) {
      throw new BenchFailure("no <" + tag + "> in malloc_info: " + start(totals));
    }
    return Double.parseDouble(size.group(1));
  }

  private static String start(String text) {
    return text.substring(0, Math.min(text.length(), 200));
  }
}
