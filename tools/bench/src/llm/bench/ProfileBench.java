package llm.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llm.bench.load.Load;
import llm.bench.system.BenchFailure;
import llm.bench.system.Machine;
import llm.bench.system.Workbench;

/** Where the server's processor time and its allocations go under one of the gateway's loads. */
public final class ProfileBench {
  private static final int TOP = 15;

  private final Report report;
  private final String load;

  private ProfileBench(Report report, String load) {
    this.report = report;
    this.load = load;
  }

  /** Options as {@code tools/bench/profile --help} tells them. */
  public static void main(String[] arguments) {
    Commands.run(() ->
        measure(
            Args.parse(
                arguments,
                List.of("--server=modules", "--load=stream100", "--server-only", "--bare"))));
  }

  private static void measure(Args args) {
    Workbench bench = Workbench.open("profile");
    String facts = Machine.facts(bench.root());
    var report = new Report();
    String load = args.value("--load");
    try (var setup =
        new GatewaySetup(
            bench, args.value("--server"), args.has("--server-only"), !args.has("--bare"))) {
      Runner runner = runner(setup, load);
      Path recording = bench.folder().resolve("profile.jfr");
      try {
        record(setup, runner, recording, args.quick());
      } catch (BenchFailure failure) {
        throw setup.explained(failure);
      }
      new ProfileBench(report, load).tell(Recording.read(recording));
      report.publish(facts + "\n" + setup.words() + "\nload     " + runner.name(), args.json());
      System.out.println(
          "recording: " + recording + " (more of it: jfr view hot-methods FILE, jfr print FILE)");
    }
  }

  private static Runner runner(GatewaySetup setup, String load) {
    return switch (load) {
      case "nonstream" ->
          setup.runner(setup.ours(), setup.question(load, "whole", false, 1), 256, Duration.ZERO);
      case "stream100" ->
          setup.runner(
              setup.ours(), setup.question(load, "burst-100", true, 100), 32, Duration.ZERO);
      case "paced1000" ->
          setup.runner(
              setup.ours(),
              setup.question(load, "paced-20-100-50", true, 50),
              1000,
              Duration.ofSeconds(1));
      default ->
          throw new BenchFailure("--load " + load + " is none of nonstream, stream100, paced1000");
    };
  }

  private static void record(GatewaySetup setup, Runner runner, Path file, boolean quick) {
    Load load = runner.load();
    Commands.progress("warming up");
    load.resume();
    Runner.sleep(Duration.ofSeconds(quick ? 6 : 15));
    Commands.progress("recording");
    long pid = setup.server().pid();
    // Samples by processor time (JEP 509): they tell system calls too, and no waiting.
    Jcmd.run(
        pid,
        "JFR.start",
        "name=bench",
        "settings=profile",
        "jdk.CPUTimeSample#enabled=true",
        "jdk.CPUTimeSample#throttle=2ms",
        "filename=" + file);
    Runner.sleep(Duration.ofSeconds(quick ? 10 : 30));
    Jcmd.run(pid, "JFR.stop", "name=bench", "filename=" + file);
    load.pause();
    runner.check();
    load.close();
  }

  private void tell(Recording recording) {
    shares("profile.cpu_top_frame", "samples by the frame on top", recording.topFrames());
    shares("profile.cpu_our_frame", "samples by the first of our frames", recording.ourFrames());
    shares("profile.alloc_class", "bytes by class", recording.allocatedClasses());
    shares("profile.alloc_our_frame", "bytes by the first of our frames", recording.allocators());
  }

  private void shares(String metric, String note, Map<String, Long> counts) {
    double all = Math.max(1, counts.values().stream().mapToLong(v -> v).sum());
    var sorted = new ArrayList<>(counts.entrySet());
    sorted.sort(Map.Entry.<String, Long>comparingByValue().reversed());
    sorted.stream()
        .limit(TOP)
        .forEach(e ->
            report.at(
                metric,
                100 * e.getValue() / all,
                "%",
                Map.of("in", e.getKey(), "load", load),
                note));
  }
}
