package llm.bench;

import static llm.bench.GatewaySetup.labels;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import llm.bench.Runner.Phases;
import llm.bench.Runner.Window;
import llm.bench.system.BenchFailure;
import llm.bench.system.Machine;
import llm.bench.system.Proc;
import llm.bench.system.Workbench;

/** What the gateway costs a request and a token, beside nginx and beside no gateway at all. */
public final class GatewayBench {
  private static final int PACED_STREAMS = 1000;

  /** When the warm-up of each part ends at the latest in a quick run, in seconds from its start. */
  private static final Map<String, Integer> QUICK_SETTLED =
      Map.of("nonstream", 9, "translate", 15, "stream100", 21, "ttft", 26, "paced1000", 33);

  private static final List<String> PARTS =
      List.of(
          "nonstream",
          "translate",
          "stream100",
          "ttft",
          "paced1000",
          "cached",
          "workload",
          "alloc");

  /** Left out of a quick run, unless they are asked for by name. */
  private static final List<String> UNHURRIED = List.of("cached", "workload");

  private enum Against {
    NOBODY,
    NGINX,
    DIRECT,
    BOTH,
    TRANSLATED
  }

  private final GatewaySetup setup;
  private final Workbench bench;
  private final Report report;
  private final boolean quick;

  private GatewayBench(GatewaySetup setup, Workbench bench, Report report, boolean quick) {
    this.setup = setup;
    this.bench = bench;
    this.report = report;
    this.quick = quick;
  }

  /** Options as {@code tools/bench/gateway --help} tells them. */
  public static void main(String[] arguments) {
    Commands.run(() ->
        measure(
            Args.parse(
                arguments, List.of("--server=auto", "--only=all", "--server-only", "--bare"))));
  }

  private static void measure(Args args) {
    Workbench bench = Workbench.open("gateway");
    String facts = Machine.facts(bench.root());
    var report = new Report();
    String only = args.value("--only");
    if (!only.equals("all") && !PARTS.contains(only)) {
      throw new BenchFailure("--only " + only + " is none of " + PARTS);
    }
    try (var setup =
        new GatewaySetup(
            bench, args.value("--server"), args.has("--server-only"), !args.has("--bare"))) {
      var run = new GatewayBench(setup, bench, report, args.quick());
      try {
        run.parts(only);
      } catch (BenchFailure failure) {
        throw setup.explained(failure);
      }
      report.publish(facts + "\n" + setup.words(), args.json());
    }
  }

  private void parts(String only) {
    if (setup.serverOnly()) {
      nonstream(256);
      stream100(32);
      allocation();
      return;
    }
    if (setup.nginx().isEmpty()) {
      report.remark("gateway.nonstream.rps_ratio_to_nginx is left out: nginx is not installed");
    }
    for (String part : PARTS) {
      boolean inAll = only.equals("all") && !(quick && UNHURRIED.contains(part));
      if (inAll || only.equals(part)) {
        part(part);
        setup.check();
      }
    }
    double rss = Proc.residentKib(setup.server().pid()) / 1024.0;
    report.at("gateway.rss_mb", rss, "MiB", labels("after", only), "VmRSS of the server");
  }

  private void part(String part) {
    switch (part) {
      case "nonstream" -> {
        nonstream(256);
        if (!quick) {
          nonstream(32);
          nonstream(1);
        }
      }
      case "translate" -> {
        translate("nonstream", "whole", false, 1, 256);
        if (!quick) {
          translate("stream100", "burst-100", true, 100, 32);
        }
      }
      case "stream100" -> {
        stream100(32);
        if (!quick) {
          stream100(1);
        }
      }
      case "ttft" -> addedFirstToken();
      case "paced1000" -> paced();
      case "cached" -> new CacheParts(setup, report).cached();
      case "workload" -> new CacheParts(setup, report).workload();
      default -> allocation();
    }
  }

  private void nonstream(int connections) {
    boolean stated = connections == 256 && !setup.serverOnly();
    var windows =
        measure(
            setup.question("nonstream", "whole", false, 1),
            connections,
            stated ? Against.NGINX : Against.NOBODY,
            Window::cpuPerRequest);
    String[] labels = {"connections", "" + connections};
    List<Window> ours = windows.get("ours");
    double cpu = median(ours, Window::cpuPerRequest);
    String note = notes(ours, Window::cpuPerRequest);
    if (stated) {
      report.atMost("gateway.nonstream.cpu_us", cpu, "us", setup.bare() ? 60 : 40, note);
      if (windows.containsKey("nginx")) {
        List<Double> ratios = ratios(ours, windows.get("nginx"));
        report.atLeast(
            "gateway.nonstream.rps_ratio_to_nginx",
            Stats.median(ratios),
            "ratio",
            0.3,
            "ours / nginx, " + Stats.spread(ratios));
      }
    } else {
      at("gateway.nonstream.cpu_us", cpu, "us", note, labels);
    }
    windows.forEach((name, of) -> {
      at(
          "gateway.nonstream.rps",
          median(of, Window::rate),
          "req/s",
          notes(of, Window::rate),
          "target",
          name,
          labels[0],
          labels[1]);
      if (!name.equals("ours")) {
        at(
            "gateway.nonstream.cpu_us",
            median(of, Window::cpuPerRequest),
            "us",
            notes(of, Window::cpuPerRequest),
            "target",
            name,
            labels[0],
            labels[1]);
      }
    });
  }

  /** The same request by turns to an upstream of its own dialect and to one of Anthropic's. */
  private void translate(String name, String model, boolean stream, int tokens, int connections) {
    var windows =
        measure(
            setup.question(name, model, stream, tokens),
            connections,
            Against.TRANSLATED,
            Window::cpuPerRequest);
    List<Window> same = windows.get("ours");
    List<Window> translated = windows.get("translated");
    var ratios = new ArrayList<Double>();
    for (int i = 0; i < same.size(); i++) {
      ratios.add(translated.get(i).cpuPerRequest() / same.get(i).cpuPerRequest());
    }
    double cpu = median(translated, Window::cpuPerRequest);
    double sameCpu = median(same, Window::cpuPerRequest);
    String note =
        "same dialect "
            + Report.number(sameCpu)
            + " us, ratio "
            + Report.number(Stats.median(ratios))
            + ", "
            + notes(translated, Window::cpuPerRequest);
    if (stream) {
      at("gateway.translate.cpu_us", cpu, "us", note, "of", name, "connections", "" + connections);
    } else {
      report.atMost("gateway.translate.cpu_us", cpu, "us", 1.5 * sameCpu, note);
    }
  }

  private void stream100(int connections) {
    boolean stated = connections == 32 && !setup.serverOnly();
    var windows =
        measure(
            setup.question("stream100", "burst-100", true, 100),
            connections,
            Against.NOBODY,
            Window::cpuPerRequest);
    String[] labels = {"connections", "" + connections};
    List<Window> ours = windows.get("ours");
    double cpu = median(ours, Window::cpuPerRequest);
    String note = notes(ours, Window::cpuPerRequest);
    if (stated) {
      report.atMost("gateway.stream100.cpu_us", cpu, "us", setup.bare() ? 500 : 400, note);
    } else {
      at("gateway.stream100.cpu_us", cpu, "us", note, labels);
    }
    windows.forEach((name, of) -> {
      at(
          "gateway.stream100.rps",
          median(of, Window::rate),
          "req/s",
          notes(of, Window::rate),
          "target",
          name,
          labels[0],
          labels[1]);
      if (!name.equals("ours")) {
        at(
            "gateway.stream100.cpu_us",
            median(of, Window::cpuPerRequest),
            "us",
            notes(of, Window::cpuPerRequest),
            "target",
            name,
            labels[0],
            labels[1]);
      }
    });
  }

  /** First token at 20 ms, 9 more every 10 ms: a stream of 110 ms on each of 32 connections. */
  private void addedFirstToken() {
    var windows =
        measure(
            setup.question("ttft", "paced-20-10-10", true, 10),
            32,
            Against.DIRECT,
            w -> w.durations().firstToken().millis(0.5));
    List<Window> direct = windows.get("direct");
    for (String name : windows.keySet()) {
      if (name.equals("direct")) {
        continue;
      }
      var added = new ArrayList<Double>();
      for (int i = 0; i < direct.size(); i++) {
        added.add(
            windows.get(name).get(i).durations().firstToken().millis(0.5)
                - direct.get(i).durations().firstToken().millis(0.5));
      }
      String note =
          Stats.spread(added)
              + "; direct p50 "
              + Report.number(median(direct, w -> w.durations().firstToken().millis(0.5)))
              + " ms, p99 here "
              + Report.number(
                  median(windows.get(name), w -> w.durations().firstToken().millis(0.99)))
              + " ms";
      if (name.equals("ours")) {
        report.atMost("gateway.added_ttft_p50_ms", Stats.median(added), "ms", 0.5, note);
      } else {
        at("gateway.added_ttft_p50_ms", Stats.median(added), "ms", note, "target", name);
      }
    }
  }

  /** 1,000 streams that begin spread over a second, 10 events a second each. */
  private void paced() {
    int tokens = quick ? 20 : 50;
    var question = setup.question("paced1000", "paced-20-100-" + tokens, true, tokens);
    measure(question, PACED_STREAMS, Against.NOBODY, Window::cpuPerEvent)
        .forEach((name, windows) -> {
          double p99 = median(windows, w -> w.durations().delay().millis(0.99));
          if (name.equals("ours")) {
            report.atMost("gateway.paced1000.p99_delay_ms", p99, "ms", 20, delays(windows));
          } else {
            at("gateway.paced1000.p99_delay_ms", p99, "ms", delays(windows), "target", name);
          }
        });
  }

  private static String delays(List<Window> windows) {
    double max =
        windows.stream().mapToDouble(w -> w.durations().delay().maxMillis()).max().orElse(0);
    return Stats.spread(windows.stream().map(w -> w.durations().delay().millis(0.99)).toList())
        + "; p50 "
        + Report.number(median(windows, w -> w.durations().delay().millis(0.5)))
        + ", max "
        + Report.number(max)
        + " ms; "
        + Report.number(median(windows, Window::cpuPerEvent))
        + " us CPU an event";
  }

  private void allocation() {
    var question = setup.question("stream100", "burst-100", true, 100);
    Runner runner = setup.runner(setup.ours(), question, 32, Duration.ZERO);
    runner.load().resume();
    Runner.sleep(Duration.ofMillis(500)); // Connections open, threads started.
    runner.load().pause();
    double bytes =
        new Allocation(setup.server(), bench.folder().resolve("gc.log"))
            .bytesPerToken(runner, Duration.ofMillis(quick ? 1200 : 5000));
    runner.load().close();
    String note = "streams of 100 tokens, each request's own share in it";
    if (setup.serverOnly()) {
      at("gateway.alloc_bytes_per_token", bytes, "bytes", note);
    } else {
      report.plain("gateway.alloc_bytes_per_token", bytes, "bytes", note);
    }
  }

  /** Ours, and what it is compared with: in a quick run only what a goal needs. */
  private List<GatewaySetup.Target> targets(Against against) {
    var targets = new ArrayList<>(List.of(setup.ours()));
    if (against == Against.TRANSLATED) {
      targets.add(setup.translated());
      return targets;
    }
    if (against == Against.NGINX || against == Against.BOTH) {
      setup.nginx().ifPresent(targets::add);
    }
    if (against == Against.DIRECT || against == Against.BOTH) {
      targets.add(setup.direct());
    }
    return targets;
  }

  private Against against(Against needed) {
    if (setup.serverOnly()) {
      return Against.NOBODY;
    }
    return quick || needed == Against.TRANSLATED ? needed : Against.BOTH;
  }

  private Map<String, List<Window>> measure(
      GatewaySetup.Question question,
      int connections,
      Against needed,
      ToDoubleFunction<Window> settles) {
    var phases =
        quick
            ? new Phases(
                6,
                Commands.at(QUICK_SETTLED.get(question.name())),
                3,
                Duration.ofMillis(200),
                Duration.ofMillis(600))
            : new Phases(100, Commands.at(3600), 5, Duration.ofMillis(500), Duration.ofSeconds(3));
    var byTarget = new java.util.LinkedHashMap<String, Runner>();
    Duration ramp = connections >= PACED_STREAMS ? Duration.ofSeconds(1) : Duration.ZERO;
    for (GatewaySetup.Target target : targets(against(needed))) {
      byTarget.put(target.name(), setup.runner(target, question, connections, ramp));
    }
    if (needed == Against.TRANSLATED) { // Other code of the server, so it has a warm-up of its own.
      Runner translated = byTarget.get(setup.translated().name());
      Commands.progress(translated.name() + ": warming up");
      translated.settle(phases, settles);
      translated.load().pause();
    }
    var windows = Runner.interleave(List.copyOf(byTarget.values()), phases, settles, report);
    byTarget.values().forEach(runner -> runner.load().close());
    var named = new java.util.LinkedHashMap<String, List<Window>>();
    byTarget.forEach((name, runner) -> named.put(name, windows.get(runner.name())));
    return named;
  }

  private void at(String metric, double value, String unit, String note, String... labels) {
    var all = labels(labels);
    if (setup.serverOnly()) {
      all.put("upstream", "none");
    }
    report.at(metric, value, unit, all, note);
  }

  private static double median(List<Window> windows, ToDoubleFunction<Window> of) {
    return Stats.median(windows.stream().map(of::applyAsDouble).toList());
  }

  private static List<Double> ratios(List<Window> ours, List<Window> others) {
    var ratios = new ArrayList<Double>();
    for (int i = 0; i < ours.size(); i++) {
      ratios.add(ours.get(i).rate() / others.get(i).rate());
    }
    return ratios;
  }

  private static String notes(List<Window> windows, ToDoubleFunction<Window> of) {
    return Stats.spread(windows.stream().map(of::applyAsDouble).toList())
        + "; p50 "
        + Report.number(median(windows, w -> w.durations().latency().millis(0.5)))
        + ", p99 "
        + Report.number(median(windows, w -> w.durations().latency().millis(0.99)))
        + " ms";
  }
}
