package llm.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import llm.bench.kill.KillChecks;
import llm.bench.load.Histogram;
import llm.bench.load.ResponseReader;
import llm.bench.local.LocalChecks;
import llm.bench.system.BenchFailure;
import llm.bench.system.Http;
import llm.bench.system.UpstreamProcess;
import llm.bench.system.Workbench;

/**
 * Checks the measuring itself, each time it was built: the response reader against every split of a
 * response, the distribution against sorted values, the mock upstream against what it promises.
 */
public final class SelfCheck {
  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nX-Note: ~\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
          + "1c\r\ndata: one~\n\ndata: two ~00000\r\n"
          + "19;x=y\r\n00000001234567\" three~4\n\n\r\n0\r\nTrailer: ~\r\n\r\n";
  private static final String FIXED =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 5\r\n\r\nno ~!";

  private SelfCheck() {}

  /** Ends with 0 when all is as it should be, else with 1 and what is not. */
  public static void main(String[] args) {
    Commands.run(SelfCheck::all);
  }

  private static void all() {
    readsHoweverTheBytesAreSplit();
    findsPercentiles();
    agreesAndTakesMedians();
    refusesUnknownOptions();
    theUpstreamKeepsItsPromises();
    SoakChecks.all();
    KillChecks.all();
    TalkChecks.all();
    LocalChecks.all(Workbench.open("self-check-models").folder());
  }

  private static void readsHoweverTheBytesAreSplit() {
    for (String response : List.of(CHUNKED, FIXED)) {
      byte[] bytes = (response + "next").getBytes(ISO_8859_1);
      for (int split = 1; split < response.length(); split++) {
        var stamps = new ArrayList<Long>();
        var reader = new ResponseReader(listener(stamps));
        int at = reader.read(bytes, 0, split);
        check(at == split && !reader.done(), "not done before the end, split at " + split);
        at = reader.read(bytes, at, bytes.length);
        check(at == response.length() && reader.done(), "done at the end, split at " + split);
        boolean chunked = response.equals(CHUNKED);
        check(reader.status() == (chunked ? 200 : 404), "status, split at " + split);
        check(reader.tokens() == (chunked ? 3 : 1), "tokens, split at " + split);
        check(reader.closes() == chunked, "closes, split at " + split);
        check(
            stamps.equals(chunked ? List.of(1234567L) : List.of()),
            "stamps " + stamps + ", split at " + split);
        check(reader.tail().endsWith(chunked ? "three~4\n\n" : "no ~!"), "tail at " + split);
      }
    }
  }

  private static ResponseReader.Listener listener(List<Long> stamps) {
    return new ResponseReader.Listener() {
      @Override
      public void firstToken() {
        check(stamps.isEmpty(), "the first token comes first");
      }

      @Override
      public void stamp(long nanos) {
        stamps.add(nanos);
      }
    };
  }

  private static void findsPercentiles() {
    long seed = System.nanoTime();
    var random = new Random(seed);
    var values = new ArrayList<Long>();
    var histogram = new Histogram();
    for (int i = 0; i < 10_000; i++) {
      long value = (long) Math.exp(random.nextDouble() * 25);
      values.add(value);
      histogram.add(value);
    }
    values.sort(null);
    for (double q : List.of(0.01, 0.5, 0.9, 0.99, 1.0)) {
      double exact = values.get((int) Math.ceil(q * values.size()) - 1) / 1e6;
      double told = histogram.millis(q);
      check(
          Math.abs(told - exact) <= 0.016 * exact,
          "percentile " + q + " is " + exact + ", told " + told + ", seed " + seed);
    }
    check(histogram.maxMillis() == values.getLast() / 1e6, "the longest, seed " + seed);
  }

  private static void agreesAndTakesMedians() {
    check(Stats.agree(List.of(100.0, 104.9, 102.0), 0.05), "within 5 %");
    check(!Stats.agree(List.of(100.0, 105.1, 102.0), 0.05), "not within 5 %");
    check(Stats.median(List.of(3.0, 1.0, 2.0)) == 2, "median of three");
    check(Stats.median(List.of(4.0, 1.0, 2.0, 3.0)) == 2.5, "median of four");
    check(Report.number(1234.5).equals("1235") || Report.number(1234.5).equals("1234"), "number");
    check(Report.number(0.01234).equals("0.012"), "a small number: " + Report.number(0.01234));
  }

  private static void refusesUnknownOptions() {
    for (String[] wrong :
        List.of(
            new String[] {"--quik"},
            new String[] {"--json"},
            new String[] {"--json", "/no/such/folder"})) {
      try {
        Args.parse(wrong, List.of());
        check(false, wrong[0] + " was taken");
      } catch (BenchFailure expected) {
        check(expected.getMessage().contains(wrong[0]), "the message names " + wrong[0]);
      }
    }
  }

  /** Asks the real upstream, in a process of its own, as the load does. */
  private static void theUpstreamKeepsItsPromises() {
    Workbench bench = Workbench.open("self-check");
    Path log = bench.folder().resolve("upstream.err");
    try (var upstream = UpstreamProcess.start(log)) {
      check(ask(upstream.port(), "whole", false) == 1, "one token in a whole answer");
      check(ask(upstream.port(), "burst-100", true) == 100, "100 tokens in a burst");
      check(ask(upstream.port(), "relay/burst-300", true) == 300, "300 tokens in a longer burst");
      long start = System.nanoTime();
      check(ask(upstream.port(), "paced-20-10-5", true) == 5, "5 paced tokens");
      check(System.nanoTime() - start >= 60_000_000, "5 paced tokens take 60 ms");
    }
  }

  private static long ask(int port, String model, boolean stream) {
    var late = new ArrayList<Long>();
    var reader =
        new ResponseReader(
            new ResponseReader.Listener() {
              @Override
              public void firstToken() {
                // Counted by the reader.
              }

              @Override
              public void stamp(long nanos) {
                late.add(System.nanoTime() - nanos);
              }
            });
    try (var socket = new java.net.Socket()) {
      socket.connect(Workbench.loopback(port));
      socket.getOutputStream().write(Http.chat(port, "k", model, stream, "hi"));
      byte[] bytes = new byte[8192];
      while (!reader.done()) {
        int count = socket.getInputStream().read(bytes);
        check(count > 0, "an answer to its end");
        reader.read(bytes, 0, count);
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    check(!stream || reader.tail().endsWith("data: [DONE]\n\n"), "the end mark");
    check(late.stream().allMatch(nanos -> nanos > 0), "stamps of the same clock: " + late);
    check(late.size() == (model.startsWith("paced") ? reader.tokens() : 0), "a stamp a token");
    return reader.tokens();
  }

  private static void check(boolean right, String what) {
    if (!right) {
      throw new BenchFailure("the self-check failed: " + what);
    }
  }
}
