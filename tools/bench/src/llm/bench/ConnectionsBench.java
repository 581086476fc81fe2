package llm.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import llm.bench.load.Load;
import llm.bench.load.ResponseReader;
import llm.bench.load.StreamClient;
import llm.bench.load.StreamClient.End;
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

  private static final int WITNESS_MILLIS = 3000;
  private static final int FEW_DESCRIPTORS = 300;
  private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration DRAIN = Duration.ofSeconds(5);
  private static final double DELAY_GOAL_MS = 20;

  private final Workbench bench;
  private final Server.Launcher launcher;
  private final UpstreamProcess upstream;
  private final Report report;
  private final boolean quick;
  private boolean failed;

  private ConnectionsBench(
      Workbench bench, Server.Launcher launcher, UpstreamProcess upstream, Report report,
      boolean quick) {
    this.bench = bench;
    this.launcher = launcher;
    this.upstream = upstream;
    this.report = report;
    this.quick = quick;
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
      var run = new ConnectionsBench(bench, launcher, upstream, report, args.quick());
      run.items(args.value("--only"));
      failed = run.failed;
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
    items.put("emfile", this::descriptorsRunOut);
    items.put("never-reads", this::neverReads);
    items.put("drain", this::drain);
    if (!only.equals("all") && !items.containsKey(only)) {
      throw new BenchFailure("--only " + only + " is none of " + items.keySet());
    }
    items.forEach(
        (name, item) -> {
          if (only.equals("all") || only.equals(name)) {
            Commands.progress(name);
            try {
              item.run();
            } catch (BenchFailure failure) {
              verdict(false, name, failure.getMessage());
            }
          }
        });
  }

  private void idleAndPaced() {
    long limit = Proc.descriptorLimit("self");
    if (limit < NEEDED_DESCRIPTORS) {
      report.remark(
          "SKIPPED idle and paced: they need " + NEEDED_DESCRIPTORS + " open files, the limit is "
              + limit + "; run `ulimit -n " + NEEDED_DESCRIPTORS + "` first");
      return;
    }
    int port = Workbench.freePort();
    try (Child server = start("idle", port, "host: 127.0.0.1", 0)) {
      var streams = load("paced", port, "paced-20-100-10", PACED, 10, Duration.ofSeconds(1));
      streams.resume();
      Runner.sleep(Duration.ofSeconds(quick ? 4 : 10));
      streams.pause();
      Jcmd.run(server.pid(), "GC.run");
      long before = Proc.residentKib(server.pid());
      var idle = new Load(new Load.Plan("idle", Workbench.loopback(port),
          Http.getRequest(port, "/health", "", false), IDLE, 1, -1, Duration.ofSeconds(2), true));
      idle.resume();
      await(Duration.ofSeconds(15), () -> idle.counts().requests() >= IDLE);
      idle.pause();
      Runner.sleep(Duration.ofSeconds(1));
      idleVerdict(server, idle, before);
      pacedVerdict(server, streams);
      long open = idle.open();
      verdict(open == IDLE, "idle connections after the streams", open + " of " + IDLE + " open");
      idle.close();
      streams.close();
    }
  }

  private void idleVerdict(Child server, Load idle, long before) {
    long open = idle.open();
    double each = (double) (Proc.residentKib(server.pid()) - before) / Math.max(1, open);
    verdict(
        open == IDLE && idle.firstError().isEmpty(),
        "idle connections",
        open + " of " + IDLE + " open, each " + Report.number(each) + " KiB of RSS"
            + idle.firstError());
    Jcmd.run(server.pid(), "GC.run");
    double collected = (double) (Proc.residentKib(server.pid()) - before) / Math.max(1, open);
    report.plain(
        "connections.idle_rss_kb", each, "KiB",
        "a connection that made one request; after a collection " + Report.number(collected));
  }

  private void pacedVerdict(Child server, Load streams) {
    var runner = new Runner(streams, server::pids);
    streams.resume();
    Runner.sleep(Duration.ofMillis(2500));
    var window = runner.window(Duration.ofSeconds(quick ? 3 : 15));
    streams.pause();
    double p99 = window.durations().delay().millis(0.99);
    report.atMost(
        "connections.paced1000.p99_delay_ms", p99, "ms", DELAY_GOAL_MS,
        "with " + IDLE + " idle connections; p50 "
            + Report.number(window.durations().delay().millis(0.5)) + ", max "
            + Report.number(window.durations().delay().maxMillis()) + " ms");
    verdict(
        streams.firstError().isEmpty(),
        PACED + " paced streams beside them",
        window.durations().delay().count() + " events, p99 delay " + Report.number(p99) + " ms"
            + streams.firstError());
  }

  /** With few descriptors: connections beyond them wait, those that are open are served. */
  private void descriptorsRunOut() {
    int port = Workbench.freePort();
    try (Child server = start("emfile", port, "host: 127.0.0.1", FEW_DESCRIPTORS);
        var witness = new Socket()) {
      witness.connect(Workbench.loopback(port), WITNESS_MILLIS);
      witness.setSoTimeout(WITNESS_MILLIS);
      boolean servedBefore = served(witness, port);
      long limit = Proc.descriptorLimit("" + server.pid());
      List<Socket> crowd = crowd(port, FEW_DESCRIPTORS + 100);
      boolean full =
          await(Duration.ofSeconds(5), () -> Proc.descriptors(server.pid()) >= limit - 1);
      long cpu = Proc.cpuMicros(server.pids());
      Runner.sleep(Duration.ofSeconds(1));
      double busy = (Proc.cpuMicros(server.pids()) - cpu) / 1e6;
      boolean served = served(witness, port);
      verdict(
          servedBefore && full && served && server.alive(),
          "out of descriptors",
          Proc.descriptors(server.pid()) + " of " + limit + " open, an open connection is "
              + (served ? "" : "NOT ") + "served, " + Report.number(busy)
              + " s CPU in a second of waiting");
      crowd.forEach(ConnectionsBench::close);
      long nanos = Http.awaitOk(server, port, "/health", Duration.ofSeconds(5));
      String figures = Report.number(nanos / 1e6) + " ms after the crowd left";
      verdict(true, "recovery", "a new connection is served " + figures);
      report.plain("connections.emfile.recovery_ms", nanos / 1e6, "ms", "after EMFILE");
    } catch (IOException e) {
      throw new UncheckedIOException("the witness of EMFILE", e);
    }
  }

  /** Whether a request over an open connection is answered in time. */
  private static boolean served(Socket connection, int port) throws IOException {
    var reader = new ResponseReader(ResponseReader.Listener.NOBODY);
    byte[] bytes = new byte[4096];
    connection.getOutputStream().write(Http.getRequest(port, "/health", "", false));
    try {
      while (!reader.done()) {
        int count = connection.getInputStream().read(bytes);
        if (count < 0) {
          return false;
        }
        reader.read(bytes, 0, count);
      }
      return reader.status() == 200;
    } catch (SocketTimeoutException _) {
      return false;
    }
  }

  private static List<Socket> crowd(int port, int size) {
    var crowd = new ArrayList<Socket>();
    for (int i = 0; i < size; i++) {
      var socket = new Socket();
      try {
        socket.connect(Workbench.loopback(port), 500);
      } catch (IOException _) {
        // The backlog is full too: as many as this are enough.
      }
      crowd.add(socket);
    }
    return crowd;
  }

  /** A client that never reads is dropped after the write timeout; others notice nothing. */
  private void neverReads() {
    int port = Workbench.freePort();
    String timeout = "write_timeout_seconds: " + WRITE_TIMEOUT.toSeconds();
    try (Child server = start("never-reads", port, timeout, 0);
        var others = load("others", port, "paced-20-100-10", 20, 10, Duration.ofMillis(200));
        var mute = new Socket()) {
      others.resume();
      Runner.sleep(Duration.ofSeconds(2));
      var runner = new Runner(others, server::pids);
      others.takeDistributions();
      mute.setReceiveBufferSize(4096);
      mute.connect(Workbench.loopback(port));
      mute.getOutputStream().write(chat(port, "burst-200000"));
      long start = System.nanoTime();
      boolean held =
          await(Duration.ofSeconds(2), () -> Proc.holdsConnection(port, mute.getLocalPort()));
      boolean dropped =
          await(
              WRITE_TIMEOUT.plusSeconds(6), () -> !Proc.holdsConnection(port, mute.getLocalPort()));
      double seconds = (System.nanoTime() - start) / 1e9;
      double p99 = others.takeDistributions().delay().millis(0.99);
      others.pause();
      runner.check();
      verdict(
          held && dropped,
          "a client that never reads",
          (dropped ? "dropped after " : "NOT dropped within ") + Report.number(seconds)
              + " s, write timeout " + WRITE_TIMEOUT.toSeconds() + " s");
      verdict(
          others.firstError().isEmpty(),
          "others meanwhile",
          "20 paced streams, p99 delay " + Report.number(p99) + " ms");
      report.plain(
          "connections.never_reads.dropped_s", dropped ? seconds : Double.NaN, "s",
          "write timeout " + WRITE_TIMEOUT.toSeconds() + " s");
      report.atMost("connections.never_reads.others_p99_delay_ms", p99, "ms", DELAY_GOAL_MS, "");
    } catch (IOException e) {
      throw new UncheckedIOException("the client that never reads", e);
    }
  }

  /** SIGTERM with 100 streams: the short half ends by itself, the long half by an error frame. */
  private void drain() {
    int port = Workbench.freePort();
    String drain = "drain_seconds: " + DRAIN.toSeconds();
    try (Child server = start("drain", port, drain, 0);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var begun = new CountDownLatch(100);
      var ends = new ArrayList<Future<End>>();
      for (int i = 0; i < 100; i++) {
        byte[] request = chat(port, i % 2 == 0 ? "paced-20-100-30" : "paced-20-100-3000");
        Callable<End> client =
            new StreamClient(
                    Workbench.loopback(port), request, (int) DRAIN.toMillis() + 10_000, begun)
                ::run;
        ends.add(threads.submit(client));
      }
      boolean all = begun.await(10, TimeUnit.SECONDS);
      long start = System.nanoTime();
      server.terminate();
      int code = server.exitCode(DRAIN.plusSeconds(5));
      double seconds = (System.nanoTime() - start) / 1e9;
      var counts = new EnumMap<End, Integer>(End.class);
      for (Future<End> end : ends) {
        counts.merge(end.get(), 1, Integer::sum);
      }
      verdict(
          all && counts.equals(Map.of(End.DONE, 50, End.ERROR_FRAME, 50)),
          "SIGTERM with 100 streams",
          "ends: " + counts + " (wanted: 50 DONE, 50 ERROR_FRAME)");
      verdict(
          code == 0 && seconds <= DRAIN.toSeconds() + 1,
          "exit",
          "code " + code + " after " + Report.number(seconds) + " s, drain_seconds "
              + DRAIN.toSeconds());
      report.plain("connections.drain.seconds", seconds, "s", "exit code " + code);
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private Child start(String name, int port, String serverSettings, long descriptors) {
    return Server.start(
        bench, launcher, name, port,
        Server.configuration(port, serverSettings, Server.upstream(upstream.port())), descriptors);
  }

  private static Load load(
      String name, int port, String model, int connections, int tokens, Duration ramp) {
    return new Load(
        new Load.Plan(
            name, Workbench.loopback(port), chat(port, model), connections,
            GatewaySetup.loadThreads(), tokens, ramp, false));
  }

  private static byte[] chat(int port, String model) {
    return Http.chat(port, Server.KEY, "bench/" + model, true, "Say something, as always.");
  }

  private void verdict(boolean passed, String item, String figures) {
    failed |= !passed;
    System.out.println((passed ? "PASS " : "FAIL ") + item + ": " + figures);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Looks every 10 ms; whether the condition came true in time. */
  private static boolean await(Duration limit, BooleanSupplier condition) {
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
