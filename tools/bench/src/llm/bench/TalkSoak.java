package llm.bench;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.bench.local.Fields;
import llm.bench.local.GeneratedModel;
import llm.bench.system.BenchFailure;
import llm.bench.system.Child;
import llm.bench.system.Machine;
import llm.bench.system.Server;
import llm.bench.system.Workbench;
import llm.bench.talk.TalkClient;
import llm.bench.talk.TalkTrace;
import llm.bench.talk.TalkTurn;

/**
 * One long conversation with the running server and a model in its process: whether it moves to a
 * fresh context in time, no turn waits for that, and nothing that was said is lost.
 */
public final class TalkSoak {
  private static final String SYSTEM = "You tell stories.";
  private static final double HANDOVER_RATIO = 0.8; // as configured by default
  private static final double MAX_UNTIL_ASKED_MILLIS = 50;
  private static final int TOLD_EVERY = 25;
  private static final int LENGTHS = 4; // of questions

  private final Args args;
  private final int turns;
  private final int window;
  private final int answerTokens;
  private final Duration pause;
  private final List<String> failures = new ArrayList<>();

  private TalkSoak(Args args) {
    this.args = args;
    this.turns = args.number("--turns", 2, 100_000);
    this.window = args.number("--window", 128, 1 << 20);
    this.answerTokens = args.number("--answer", 1, 1 << 16);
    this.pause = Duration.ofMillis(args.number("--pause-ms", 0, 600_000));
  }

  /** Options as {@code tools/soak --help} tells them; exits with 1 when something failed. */
  public static void main(String[] arguments) {
    Commands.run(() -> {
      var options =
          List.of(
              "--turns=200",
              "--model=",
              "--window=2048",
              "--answer=48",
              "--pause-ms=500",
              "--server=auto",
              "--threads=1");
      new TalkSoak(Args.parse(arguments, options)).run();
    });
  }

  private void run() {
    Workbench bench = Workbench.open("talk");
    Path model = model(bench);
    Server.Launcher launcher = Server.launcher(bench.root(), args.value("--server"));
    System.err.println(Machine.facts(bench.root()) + "\nserver   " + launcher.words());
    Commands.progress(turns + " turns with " + model.getFileName() + " in " + window + " tokens");
    int port = Workbench.freePort();
    var said = new ArrayList<TalkTurn>();
    Path log;
    try (Child server =
        Server.start(bench, launcher, "server", port, configuration(port, model), 0)) {
      log = server.log();
      talk(port, said);
    }
    judge(said, TalkTrace.read(log));
  }

  private Path model(Workbench bench) {
    String given = args.value("--model");
    if (given.isEmpty()) {
      return GeneratedModel.TALK.fileIn(bench.root().resolve("target/bench/models"));
    }
    Path file = Path.of(given).toAbsolutePath();
    if (!Files.isReadable(file)) {
      throw new BenchFailure("--model " + given + " is no file that can be read");
    }
    return file;
  }

  private String configuration(int port, Path model) {
    String rest =
        """
        providers:
          local:
            model: '%s'
            context_tokens: %d
            threads: %d
        conversation:
          answer_tokens: %d
        telemetry:
          levels:
            llm.client: debug
        """
            .formatted(
                model.toString().replace("'", "''"),
                window,
                args.number("--threads", 1, 1024),
                answerTokens);
    return Server.configuration(port, "", rest);
  }

  /** What ends the talk early is told in its summary, with what was seen before. */
  private void talk(int port, List<TalkTurn> said) {
    try (var client = new TalkClient(port, "talk", "local", SYSTEM)) {
      for (int i = 0; i < turns; i++) {
        String text = question(i);
        TalkTurn turn = client.say("t" + i, text);
        said.add(turn);
        if (!turn.end().equals("turn_finished")) {
          throw new BenchFailure("turn " + turn.id() + " ended otherwise: " + turn.report());
        }
        if (turn.handover() || turn.leftOut() > 0 || i % TOLD_EVERY == 0) {
          tell(turn);
        }
        Runner.sleep(pause);
      }
      compare(said, client.kept());
    } catch (BenchFailure | UncheckedIOException failure) {
      failures.add(failure.getMessage());
    }
  }

  /** Each in other words, so that no two begin alike, and of very different lengths. */
  private static String question(int i) {
    String[] what = {"the sea", "a dog", "my garden", "an old king", "the moon", "two friends"};
    String more =
        IntStream.rangeClosed(1, i * 5 % LENGTHS)
            .mapToObj(
                n -> " And then say what " + what[(i + n) % what.length] + " has to do with it.")
            .collect(Collectors.joining());
    return "Day %d. Tell me of %s.".formatted(i, what[i % what.length]) + more;
  }

  private static void tell(TalkTurn turn) {
    Commands.progress(
        "%s%s%s: %d tokens, %d of them new, first one after %.0f ms"
            .formatted(
                turn.id(),
                turn.handover() ? " in a fresh context" : "",
                turn.leftOut() > 0 ? ", not told " + turn.leftOut() + " messages" : "",
                turn.promptTokens(),
                turn.uncachedTokens(),
                turn.firstTokenMillis()));
  }

  /** Every question and every answer is kept once, in order, as it was said. */
  private void compare(List<TalkTurn> said, List<TalkClient.Kept> kept) {
    var expected = new ArrayList<TalkClient.Kept>();
    for (int i = 0; i < said.size(); i++) {
      expected.add(new TalkClient.Kept("asked", said.get(i).id(), question(i)));
      expected.add(new TalkClient.Kept("answered", said.get(i).id(), said.get(i).answer()));
    }
    if (!expected.equals(kept)) {
      int at =
          IntStream.range(0, Math.min(kept.size(), expected.size()))
              .filter(i -> !expected.get(i).equals(kept.get(i)))
              .findFirst()
              .orElse(Math.min(kept.size(), expected.size()));
      failures.add(
          "what is kept is not what was said, from record "
              + at
              + " on ("
              + kept.size()
              + " of "
              + expected.size()
              + ")");
    }
  }

  private void judge(List<TalkTurn> said, TalkTrace trace) {
    List<TalkTurn> moved = said.stream().filter(TalkTurn::handover).toList();
    long toldLess = said.stream().filter(turn -> turn.leftOut() > 0).count();
    double untilAsked = trace.longestUntilAsked();
    if (moved.isEmpty()) {
      failures.add("the conversation never went on in a fresh context");
    }
    if (trace.turns() != said.size() || trace.handoversAt().size() != moved.size()) {
      failures.add(
          "the log tells of %d turns and %d handovers, and there were %d and %d"
              .formatted(trace.turns(), trace.handoversAt().size(), said.size(), moved.size()));
    }
    if (!(untilAsked <= MAX_UNTIL_ASKED_MILLIS)) {
      failures.add("a turn waited " + untilAsked + " ms before its model was asked");
    }
    if (trace.handoversAt().stream().anyMatch(ratio -> ratio < HANDOVER_RATIO)) {
      failures.add("a handover below the threshold: " + trace.handoversAt());
    }
    if (pause.isPositive() && toldLess > 0) {
      failures.add(toldLess + " turns were told less");
    }
    var first = new TalkFirstTokens(said, trace::besideWarmUp);
    first.late().ifPresent(failures::add);
    if (pause.isPositive()) {
      first.readAnew().ifPresent(failures::add);
    }
    List<Double> ratios = first.ratios();
    summary(
        String.format(
            Locale.ROOT,
            "\"turns\":%d,\"handovers\":%d,\"warm_ups\":%d,\"turns_beside_warm_ups\":%d,"
                + "\"longest_until_asked_ms\":%.1f,\"lowest_handover_ratio\":%.3f,\"told_less\":%d,"
                + "\"ttft_p50_ms\":%.1f,\"after_handover\":{\"ttft_p50_ms\":%.1f,"
                + "\"uncached_p50\":%.0f,\"to_like_turns\":%s,\"compared\":%d}",
            said.size(),
            moved.size(),
            trace.warmUps(),
            trace.turnsBesideWarmUps(),
            untilAsked,
            trace.handoversAt().stream().mapToDouble(ratio -> ratio).min().orElse(0),
            toldLess,
            median(said, false),
            median(moved, false),
            median(moved, true),
            ratios.isEmpty() ? "null" : String.format(Locale.ROOT, "%.3f", Stats.median(ratios)),
            ratios.size()));
  }

  private static double median(List<TalkTurn> of, boolean tokens) {
    double median =
        Stats.median(
            of.stream()
                .map(turn -> tokens ? turn.uncachedTokens() : turn.firstTokenMillis())
                .toList());
    return Double.isNaN(median) ? 0 : median;
  }

  private void summary(String measured) {
    String text =
        "{\"soak\":\"talk\",%s,\"passed\":%b,\"failures\":[%s]}"
            .formatted(
                measured,
                failures.isEmpty(),
                failures.stream().map(Fields::quoted).collect(Collectors.joining(",")));
    System.out.println(text);
    args.json().ifPresent(file -> Report.write(file, text + "\n"));
    if (!failures.isEmpty()) {
      throw new BenchFailure(String.join("; ", failures));
    }
  }
}
