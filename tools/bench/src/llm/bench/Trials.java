package llm.bench;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import llm.bench.load.Load;
import llm.bench.system.Child;
import llm.bench.system.Http;
import llm.bench.system.Server;
import llm.bench.system.UpstreamProcess;
import llm.bench.system.Workbench;

/** What the trials of connections share: the server's start, the asking, the verdicts. */
final class Trials {
  static final double DELAY_GOAL_MS = 20;

  private final Workbench bench;
  private final Server.Launcher launcher;
  private final UpstreamProcess upstream;
  private final Report report;
  private final boolean quick;
  private boolean failed;

  Trials(
      Workbench bench,
      Server.Launcher launcher,
      UpstreamProcess upstream,
      Report report,
      boolean quick) {
    this.bench = bench;
    this.launcher = launcher;
    this.upstream = upstream;
    this.report = report;
    this.quick = quick;
  }

  Report report() {
    return report;
  }

  boolean quick() {
    return quick;
  }

  /** Whether any verdict was FAIL. */
  boolean failed() {
    return failed;
  }

  Child start(String name, int port, String serverSettings, long descriptors) {
    return Server.start(
        bench,
        launcher,
        name,
        port,
        Server.configuration(port, serverSettings, Server.upstream(upstream.port())),
        descriptors);
  }

  static Load load(
      String name, int port, String model, int connections, int tokens, Duration ramp) {
    return new Load(
        new Load.Plan(
            name,
            Workbench.loopback(port),
            chat(port, model),
            connections,
            GatewaySetup.loadThreads(),
            tokens,
            ramp,
            false));
  }

  static byte[] chat(int port, String model) {
    return Http.chat(port, Server.KEY, "bench/" + model, true, "Say something, as always.");
  }

  void verdict(boolean passed, String item, String figures) {
    failed |= !passed;
    System.out.println((passed ? "PASS " : "FAIL ") + item + ": " + figures);
  }

  /** Looks every 10 ms; whether the condition came true in time. */
  static boolean await(Duration limit, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > limit.toNanos()) {
        return false;
      }
      Runner.sleep(Duration.ofMillis(10));
    }
    return true;
  }
}
