package llm.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import llm.bench.Runner.Phases;
import llm.bench.Runner.Window;
import llm.bench.load.Load;
import llm.bench.load.StreamClient;
import llm.bench.system.BenchFailure;
import llm.bench.system.Http;
import llm.bench.system.Server;
import llm.bench.system.Workbench;

/**
 * What cached answers cost, and what the cache spares on a workload whose questions recur: drawn by
 * a Zipf law, asked by clients of whom each asks one after the other, before an upstream with the
 * times of a real one.
 */
final class CacheParts {
  private static final int CLIENTS = 32;
  private static final int REQUESTS = 640;
  private static final int QUESTIONS = 4_000; // so that about half of the draws recur
  private static final long SEED = 20_261_122;

  /** First token after 200 ms, then 100 tokens a second, 40 in all. */
  private static final String MODEL = "paced-200-10-40";

  /** Asked for as a stream before it is asked for whole: the upstream has it as a stream only. */
  private static final String KEPT = "burst-100";

  private static final int KEPT_TOKENS = 100;
  private static final int LIMIT_MILLIS = 30_000;

  private final GatewaySetup setup;
  private final Report report;

  CacheParts(GatewaySetup setup, Report report) {
    this.setup = setup;
    this.report = report;
  }

  /** The latency of answers that are kept, on one connection. */
  void cached() {
    GatewaySetup.Target ours = setup.ours();
    byte[] request = request(KEPT, false, "Say something short, as always.", true);
    var plan =
        new Load.Plan(
            "ours cached x1",
            new InetSocketAddress(Workbench.loopback(ours.port()).getAddress(), ours.port()),
            request,
            1,
            1,
            KEPT_TOKENS,
            Duration.ZERO,
            false);
    var address = Workbench.loopback(ours.port());
    byte[] first = request(KEPT, true, "Say something short, as always.", true);
    if (new StreamClient(address, first, LIMIT_MILLIS, new CountDownLatch(1)).run()
        != StreamClient.End.DONE) {
      throw new BenchFailure("the answer that is to be kept did not come");
    }
    var runner = new Runner(new Load(plan), ours.pids());
    var phases =
        new Phases(10, Commands.at(3600), 3, Duration.ofMillis(200), Duration.ofSeconds(1));
    List<Window> windows =
        Runner.interleave(List.of(runner), phases, Window::cpuPerRequest, report)
            .get(runner.name());
    runner.load().close();
    double p50 =
        Stats.median(windows.stream().map(w -> w.durations().latency().millis(0.5)).toList());
    double cpu = Stats.median(windows.stream().map(Window::cpuPerRequest).toList());
    report.atMost("gateway.cached_p50_ms", p50, "ms", 1, Report.number(cpu) + " us CPU a request");
  }

  /** The workload without the cache and with it. */
  void workload() {
    int[] draw = draw();
    long different = java.util.Arrays.stream(draw).distinct().count();
    Told without = run(draw, false);
    Told with = run(draw, true);
    String note =
        Report.number(100.0 * (draw.length - different) / draw.length) + " % of questions recur; ";
    report.atLeast(
        "gateway.cache.latency_cut",
        1 - with.meanMillis() / without.meanMillis(),
        "ratio",
        0.3,
        note
            + Report.number(without.meanMillis())
            + " ms without, "
            + Report.number(with.meanMillis())
            + " ms with");
    report.atLeast(
        "gateway.cache.cost_cut",
        1 - with.tokens() / without.tokens(),
        "ratio",
        0.2,
        "tokens of the upstream: "
            + Report.number(without.tokens())
            + " without, "
            + Report.number(with.tokens())
            + " with");
    report.atLeast(
        "gateway.cache.throughput",
        without.seconds() / with.seconds(),
        "ratio",
        2,
        Report.number(draw.length / without.seconds())
            + " requests/s without, "
            + Report.number(draw.length / with.seconds())
            + " with");
  }

  private record Told(double seconds, double meanMillis, double tokens) {}

  private Told run(int[] draw, boolean cached) {
    Commands.progress("workload " + (cached ? "with" : "without") + " cache");
    double tokensBefore = tokens();
    var next = new AtomicInteger();
    var failures = new AtomicInteger();
    var nanos = new long[draw.length];
    long begin = System.nanoTime();
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < CLIENTS; i++) {
      threads.add(Thread.startVirtualThread(() -> ask(draw, cached, next, nanos, failures)));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted", e);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    if (failures.get() > 0) {
      throw new BenchFailure(failures + " streams of the workload did not end as they should");
    }
    double mean = java.util.Arrays.stream(nanos).average().orElseThrow() / 1e6;
    return new Told(seconds, mean, tokens() - tokensBefore);
  }

  private void ask(
      int[] draw, boolean cached, AtomicInteger next, long[] nanos, AtomicInteger failures) {
    for (int i = next.getAndIncrement(); i < draw.length; i = next.getAndIncrement()) {
      byte[] request = request(MODEL, true, "Question number " + draw[i] + "?", cached);
      long start = System.nanoTime();
      var address = Workbench.loopback(setup.ours().port());
      var end = new StreamClient(address, request, LIMIT_MILLIS, new CountDownLatch(1)).run();
      nanos[i] = System.nanoTime() - start;
      if (end != StreamClient.End.DONE) {
        failures.incrementAndGet();
      }
    }
  }

  private byte[] request(String model, boolean stream, String prompt, boolean cached) {
    GatewaySetup.Target ours = setup.ours();
    byte[] plain = Http.chat(ours.port(), Server.KEY, ours.prefix() + model, stream, prompt);
    return cached
        ? new String(plain, StandardCharsets.UTF_8)
            .replaceFirst("\r\nAccept:", "\r\nx-llm-cache: true\r\nAccept:")
            .getBytes(StandardCharsets.UTF_8)
        : plain;
  }

  /** Tokens of the workload's model so far, as the server counts them. */
  private double tokens() {
    try {
      double sum = 0;
      String metrics = Http.get(setup.ours().port(), "/metrics", Server.KEY);
      for (String line : metrics.split("\n")) {
        boolean counts = line.contains("\"prompt\"") || line.contains("\"completion\"");
        if (line.startsWith("llm_tokens_total{") && line.contains(MODEL) && counts) {
          sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1).strip());
        }
      }
      return sum;
    } catch (IOException failure) {
      throw new BenchFailure("the server's metrics cannot be read: " + failure);
    }
  }

  /** Numbers of questions: the one of rank r is asked in proportion to 1 / r. */
  private static int[] draw() {
    var reaches = new double[QUESTIONS];
    double sum = 0;
    for (int rank = 1; rank <= QUESTIONS; rank++) {
      sum += 1.0 / rank;
      reaches[rank - 1] = sum;
    }
    var random = new Random(SEED);
    var draw = new int[REQUESTS];
    for (int i = 0; i < REQUESTS; i++) {
      int at = java.util.Arrays.binarySearch(reaches, random.nextDouble() * sum);
      draw[i] = at < 0 ? -at - 1 : at;
    }
    return draw;
  }
}
