package llm.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import llm.bench.load.Distributions;
import llm.bench.load.Load;
import llm.bench.system.BenchFailure;
import llm.bench.system.Proc;

/**
 * Runs a load against one target and measures windows of it.
 *
 * @param load what is asked, over connections that stay open
 * @param pids the processes whose processor time counts as the target's
 */
record Runner(Load load, Supplier<List<Long>> pids) {
  private static final Duration SETTLE_WINDOW = Duration.ofSeconds(1);
  private static final int SETTLED_WINDOWS = 3;
  private static final double SETTLED_WITHIN = 0.05;
  private static final double COMPILERS_SHARE = 0.03; // of a settled window's processor time

  /** What a window of {@code seconds} brought. */
  record Window(
      double seconds, Load.Counts counts, long cpuMicros, long switches, Distributions durations) {

    double rate() {
      return counts.requests() / seconds;
    }

    double cpuPerRequest() {
      return (double) cpuMicros / counts.requests();
    }

    /** Of the tokens that carry the time of their sending. */
    double cpuPerEvent() {
      return (double) cpuMicros / durations.delay().count();
    }
  }

  /**
   * Lengths of the phases of a measurement.
   *
   * @param maxSettleWindows how many windows of a second the warm-up may take
   * @param settleBefore nanoTime after which it takes no further one
   * @param rounds how many windows are measured of each target
   * @param lead how long a target runs in each round before it is measured
   * @param window how long it is measured
   */
  record Phases(
      int maxSettleWindows, long settleBefore, int rounds, Duration lead, Duration window) {}

  String name() {
    return load.plan().name();
  }

  /** Measures one window of a load that runs. */
  Window window(Duration length) {
    List<Long> processes = pids.get();
    load.takeDistributions();
    Load.Counts before = load.counts();
    long switches = Proc.contextSwitches(processes);
    long cpu = Proc.cpuMicros(processes);
    long start = System.nanoTime();
    sleep(length);
    long nanos = System.nanoTime() - start;
    long cpuUsed = Proc.cpuMicros(processes) - cpu;
    Load.Counts counts = load.counts().since(before);
    check();
    Distributions durations = load.takeDistributions();
    if (counts.requests() + durations.delay().count() == 0) {
      throw new BenchFailure(name() + " answered nothing in " + length.toMillis() + " ms");
    }
    return new Window(
        nanos / 1e9, counts, cpuUsed, Proc.contextSwitches(processes) - switches, durations);
  }

  /**
   * Runs the load until three windows of a second agree within 5 % in {@code measure} and the JVM's
   * compilers took less than 3 % of each, or the windows run out; whether they did.
   */
  boolean settle(Phases phases, ToDoubleFunction<Window> measure) {
    var values = new ArrayList<Double>();
    int compiled = 0; // windows in a row without much compiling
    load.resume();
    sleep(load.plan().ramp());
    while (values.size() < phases.maxSettleWindows
        && (values.isEmpty() || System.nanoTime() - phases.settleBefore < 0)) {
      long compilers = Proc.compilerMicros(pids.get());
      Window window = window(SETTLE_WINDOW);
      long compiling = Proc.compilerMicros(pids.get()) - compilers;
      compiled = compiling <= COMPILERS_SHARE * window.cpuMicros ? compiled + 1 : 0;
      values.add(measure.applyAsDouble(window));
      int n = values.size();
      if (compiled >= SETTLED_WINDOWS
          && Stats.agree(values.subList(n - SETTLED_WINDOWS, n), SETTLED_WITHIN)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Settles the first runner, then measures all in turn, round by round; windows by name.
   * Connections that begin one after the other have all begun before anything is measured.
   */
  static Map<String, List<Window>> interleave(
      List<Runner> runners, Phases phases, ToDoubleFunction<Window> measure, Report report) {
    Runner first = runners.getFirst();
    boolean alone = runners.size() == 1; // Nobody to make way for between the rounds.
    Commands.progress(first.name() + ": warming up");
    boolean settled = first.settle(phases, measure);
    if (!alone) {
      first.load.pause();
    }
    if (!settled) {
      report.remark(first.name() + " did not settle within 5 %; measured all the same");
    }
    Map<String, List<Window>> windows = new LinkedHashMap<>();
    for (int round = 1; round <= phases.rounds; round++) {
      Commands.progress(first.name() + ": round " + round + " of " + phases.rounds);
      for (Runner runner : runners) {
        if (!alone) {
          runner.load.resume();
          sleep(phases.lead.plus(runner.load.plan().ramp()));
        }
        windows
            .computeIfAbsent(runner.name(), _ -> new ArrayList<>())
            .add(runner.window(phases.window));
        if (!alone || round == phases.rounds) {
          runner.load.pause();
          runner.check();
        }
      }
    }
    return windows;
  }

  /** A benchmark of wrong answers means nothing. */
  void check() {
    if (!load.firstError().isEmpty()) {
      throw new BenchFailure("a wrong answer from " + load.firstError());
    }
  }

  static void sleep(Duration length) {
    try {
      Thread.sleep(length);
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
  }
}
