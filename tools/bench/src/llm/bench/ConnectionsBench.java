package llm.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import llm.bench.load.Load;
import llm.bench.system.BenchFailure;
import llm.bench.system.Child;
import llm.bench.system.Http;
import llm.bench.system.Machine;
import llm.bench.system.Proc;
import llm.bench.system.Server;
import llm.bench.system.UpstreamProcess;
import llm.bench.system.Workbench;

/** Many connections, too many, one that does not read, and a shutdown with streams open. */
public final class ConnectionsBench {
  private static final int IDLE = 10_000;
  private static final int PACED = 1_000;

  /** Descriptors that the benchmark and the server each need: 2 a stream, 1 an idle connection. */
  private static final int NEEDED_DESCRIPTORS = IDLE + 2 * PACED + 500;

  private final Trials trials;
  private final Report report;

  private ConnectionsBench(Trials trials) {
    this.trials = trials;
    this.report = trials.report();
  }

  /** Options as {@code tools/bench/connections --help} tells them. */
  public static void main(String[] arguments) {
    Commands.run(() -> measure(Args.parse(arguments, List.of("--server=auto", "--only=all"))));
  }

  private static void measure(Args args) {
    Workbench bench = Workbench.open("connections");
    String facts = Machine.facts(bench.root());
    Server.Launcher launcher = Server.launcher(bench.root(), args.value("--server"));
    var report = new Report();
    boolean failed;
    try (var upstream = UpstreamProcess.start(bench.folder().resolve("upstream.err"))) {
      var trials = new Trials(bench, launcher, upstream, report, args.quick());
      new ConnectionsBench(trials).items(args.value("--only"));
      failed = trials.failed();
    }
    report.publish(
        facts + "\nserver   " + launcher.words() + ", default logging on, to a file; one API key",
        args.json());
    if (failed) {
      throw new BenchFailure("some items FAILED; the lines above say which");
    }
  }

  private void items(String only) {
    Map<String, Runnable> items = new java.util.LinkedHashMap<>();
    items.put("idle", this::idleAndPaced);
    var hardships = new Hardships(trials);
    items.put("emfile", hardships::descriptorsRunOut);
    items.put("never-reads", hardships::neverReads);
    items.put("drain", hardships::drain);
    if (!only.equals("all") && !items.containsKey(only)) {
      throw new BenchFailure("--only " + only + " is none of " + items.keySet());
    }
    items.forEach((name, item) -> {
      if (only.equals("all") || only.equals(name)) {
        Commands.progress(name);
        try {
          item.run();
        } catch (BenchFailure failure) {
          trials.verdict(false, name, failure.getMessage());
        }
      }
    });
  }

  private void idleAndPaced() {
    long limit = Proc.descriptorLimit("self");
    if (limit < NEEDED_DESCRIPTORS) {
      report.remark(
          "SKIPPED idle and paced: they need "
              + NEEDED_DESCRIPTORS
              + " open files, the limit is "
              + limit
              + "; run `ulimit -n "
              + NEEDED_DESCRIPTORS
              + "` first");
      return;
    }
    int port = Workbench.freePort();
    try (Child server = trials.start("idle", port, "host: 127.0.0.1", 0)) {
      var streams = Trials.load("paced", port, "paced-20-100-10", PACED, 10, Duration.ofSeconds(1));
      streams.resume();
      Runner.sleep(Duration.ofSeconds(trials.quick() ? 3 : 10));
      streams.pause();
      Jcmd.run(server.pid(), "GC.run");
      long before = Proc.residentKib(server.pid());
      var idle =
          new Load(
              new Load.Plan(
                  "idle",
                  Workbench.loopback(port),
                  Http.getRequest(port, "/health", "", false),
                  IDLE,
                  1,
                  -1,
                  Duration.ofSeconds(2),
                  true));
      idle.resume();
      Trials.await(Duration.ofSeconds(15), () -> idle.counts().requests() >= IDLE);
      idle.pause();
      Runner.sleep(Duration.ofSeconds(1));
      idleVerdict(server, idle, before);
      pacedVerdict(server, streams);
      long open = idle.open();
      trials.verdict(
          open == IDLE, "idle connections after the streams", open + " of " + IDLE + " open");
      idle.close();
      streams.close();
    }
  }

  private void idleVerdict(Child server, Load idle, long before) {
    long open = idle.open();
    double each = (double) (Proc.residentKib(server.pid()) - before) / Math.max(1, open);
    trials.verdict(
        open == IDLE && idle.firstError().isEmpty(),
        "idle connections",
        open
            + " of "
            + IDLE
            + " open, each "
            + Report.number(each)
            + " KiB of RSS"
            + idle.firstError());
    Jcmd.run(server.pid(), "GC.run");
    double collected = (double) (Proc.residentKib(server.pid()) - before) / Math.max(1, open);
    report.plain(
        "connections.idle_rss_kb",
        each,
        "KiB",
        "a connection that made one request; after a collection " + Report.number(collected));
  }

  private void pacedVerdict(Child server, Load streams) {
    var runner = new Runner(streams, server::pids);
    streams.resume();
    Runner.sleep(Duration.ofMillis(1500)); // All have begun.
    var window = runner.window(Duration.ofSeconds(trials.quick() ? 2 : 15));
    streams.pause();
    double p99 = window.durations().delay().millis(0.99);
    report.atMost(
        "connections.paced1000.p99_delay_ms",
        p99,
        "ms",
        Trials.DELAY_GOAL_MS,
        "with "
            + IDLE
            + " idle connections; p50 "
            + Report.number(window.durations().delay().millis(0.5))
            + ", max "
            + Report.number(window.durations().delay().maxMillis())
            + " ms");
    trials.verdict(
        streams.firstError().isEmpty(),
        PACED + " paced streams beside them",
        window.durations().delay().count()
            + " events, p99 delay "
            + Report.number(p99)
            + " ms"
            + streams.firstError());
  }
}
