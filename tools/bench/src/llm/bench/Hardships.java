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
import llm.bench.load.ResponseReader;
import llm.bench.load.StreamClient;
import llm.bench.load.StreamClient.End;
import llm.bench.system.Child;
import llm.bench.system.Http;
import llm.bench.system.Proc;
import llm.bench.system.Workbench;

/** What goes wrong in a server's life: no descriptors left, a client that never reads, its end. */
final class Hardships {
  private static final int WITNESS_MILLIS = 3000;
  private static final int FEW_DESCRIPTORS = 300;
  private static final Duration WRITE_TIMEOUT = Duration.ofSeconds(2);
  private static final Duration DRAIN = Duration.ofSeconds(4);

  private final Trials trials;
  private final Report report;

  Hardships(Trials trials) {
    this.trials = trials;
    this.report = trials.report();
  }

  /** With few descriptors: connections beyond them wait, those that are open are served. */
  void descriptorsRunOut() {
    int port = Workbench.freePort();
    try (Child server = trials.start("emfile", port, "host: 127.0.0.1", FEW_DESCRIPTORS);
        var witness = new Socket()) {
      witness.connect(Workbench.loopback(port), WITNESS_MILLIS);
      witness.setSoTimeout(WITNESS_MILLIS);
      boolean servedBefore = served(witness, port);
      long limit = Proc.descriptorLimit("" + server.pid());
      List<Socket> crowd = crowd(port, FEW_DESCRIPTORS + 100);
      boolean full =
          Trials.await(Duration.ofSeconds(5), () -> Proc.descriptors(server.pid()) >= limit - 1);
      long cpu = Proc.cpuMicros(server.pids());
      Runner.sleep(Duration.ofSeconds(1));
      double busy = (Proc.cpuMicros(server.pids()) - cpu) / 1e6;
      boolean served = served(witness, port);
      trials.verdict(
          servedBefore && full && served && server.alive(),
          "out of descriptors",
          Proc.descriptors(server.pid())
              + " of "
              + limit
              + " open, an open connection is "
              + (served ? "" : "NOT ")
              + "served, "
              + Report.number(busy)
              + " s CPU in a second of waiting");
      crowd.forEach(Hardships::close);
      long nanos = Http.awaitOk(server, port, "/health", Duration.ofSeconds(5));
      String figures = Report.number(nanos / 1e6) + " ms after the crowd left";
      trials.verdict(true, "recovery", "a new connection is served " + figures);
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
  void neverReads() {
    int port = Workbench.freePort();
    String timeout = "write_timeout_seconds: " + WRITE_TIMEOUT.toSeconds();
    try (Child server = trials.start("never-reads", port, timeout, 0);
        var others =
            Trials.load("others", port, "paced-20-100-10", 20, 10, Duration.ofMillis(200));
        var mute = new Socket()) {
      others.resume();
      Runner.sleep(Duration.ofSeconds(1));
      var runner = new Runner(others, server::pids);
      others.takeDistributions();
      mute.setReceiveBufferSize(4096);
      mute.connect(Workbench.loopback(port));
      mute.getOutputStream().write(Trials.chat(port, "burst-200000"));
      long start = System.nanoTime();
      boolean held =
          Trials.await(
              Duration.ofSeconds(2), () -> Proc.holdsConnection(port, mute.getLocalPort()));
      boolean dropped =
          Trials.await(
              WRITE_TIMEOUT.plusSeconds(6), () -> !Proc.holdsConnection(port, mute.getLocalPort()));
      double seconds = (System.nanoTime() - start) / 1e9;
      double p99 = others.takeDistributions().delay().millis(0.99);
      others.pause();
      runner.check();
      trials.verdict(
          held && dropped,
          "a client that never reads",
          (dropped ? "dropped after " : "NOT dropped within ")
              + Report.number(seconds)
              + " s, write timeout "
              + WRITE_TIMEOUT.toSeconds()
              + " s");
      trials.verdict(
          others.firstError().isEmpty(),
          "others meanwhile",
          "20 paced streams, p99 delay " + Report.number(p99) + " ms");
      report.plain(
          "connections.never_reads.dropped_s",
          dropped ? seconds : Double.NaN,
          "s",
          "write timeout " + WRITE_TIMEOUT.toSeconds() + " s");
      report.atMost(
          "connections.never_reads.others_p99_delay_ms", p99, "ms", Trials.DELAY_GOAL_MS, "");
    } catch (IOException e) {
      throw new UncheckedIOException("the client that never reads", e);
    }
  }

  /** SIGTERM with 100 streams: the short half ends by itself, the long half by an error frame. */
  void drain() {
    int port = Workbench.freePort();
    String drain = "drain_seconds: " + DRAIN.toSeconds();
    try (Child server = trials.start("drain", port, drain, 0);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var begun = new CountDownLatch(100);
      var ends = new ArrayList<Future<End>>();
      for (int i = 0; i < 100; i++) {
        byte[] request = Trials.chat(port, i % 2 == 0 ? "paced-20-100-20" : "paced-20-100-3000");
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
      trials.verdict(
          all && counts.equals(Map.of(End.DONE, 50, End.ERROR_FRAME, 50)),
          "SIGTERM with 100 streams",
          "ends: " + counts + " (wanted: 50 DONE, 50 ERROR_FRAME)");
      trials.verdict(
          code == 0 && seconds <= DRAIN.toSeconds() + 1,
          "exit",
          "code "
              + code
              + " after "
              + Report.number(seconds)
              + " s, drain_seconds "
              + DRAIN.toSeconds());
      report.plain("connections.drain.seconds", seconds, "s", "exit code " + code);
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
