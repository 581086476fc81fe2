package llm.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import llm.bench.local.Answer;
import llm.bench.local.GeneratedModel;
import llm.bench.local.LocalServer;
import llm.bench.local.Prompts;
import llm.bench.local.Question;
import llm.bench.local.Together;

/**
 * When answers begin: a short request that comes while a long prompt is read and eight streams run,
 * and requests whose beginning was read before.
 */
final class LocalFirstToken {
  private static final int STREAMS = 8;
  private static final int LONG_PROMPT = 1024;
  private static final int SHORT_PROMPT = 16;
  private static final int PREFIX = 400;
  private static final double PREFIX_GOAL = 0.2;
  private static final long SEED = 7;

  private final LocalSetup setup;
  private final Prompts prompts = new Prompts(SEED);
  private final List<Double> first = new ArrayList<>();
  private final List<Double> longFirst = new ArrayList<>();
  private final List<Double> pauses = new ArrayList<>();
  private final List<Double> usual = new ArrayList<>();
  private final List<Double> chunks = new ArrayList<>();

  LocalFirstToken(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    try (LocalServer server = setup.server(GeneratedModel.MEDIUM, LocalSetup.SLOTS)) {
      for (int i = 1; i <= setup.count(9, 2); i++) {
        Commands.progress("first token: during a prompt, trial " + i);
        chunks.add(
            server.ask(Question.greedy(prompts.of(LocalSetup.BATCH_TOKENS), 1)).firstMillis());
        duringPrefill(server);
      }
      reportPrefill();
      prefixes(server);
    }
  }

  private void duringPrefill(LocalServer server) {
    int tokens = setup.count(240, 80);
    List<Question> streams =
        IntStream.range(0, STREAMS)
            .mapToObj(_ -> Question.greedy(prompts.of(SHORT_PROMPT), tokens))
            .toList();
    var longOne = Question.greedy(prompts.of(LONG_PROMPT), 2);
    var shortOne = Question.greedy(prompts.of(SHORT_PROMPT), 2);
    try (var running = new Together(server.port(), streams)) {
      running.awaitFirst();
      Runner.sleep(Duration.ofMillis(100));
      Answer late;
      Answer slow;
      try (var reading = new Together(server.port(), List.of(longOne))) {
        Runner.sleep(Duration.ofMillis(10)); // The long one is there first.
        late = server.ask(shortOne).whole(2);
        slow = reading.answers().getFirst().whole(2);
      }
      first.add(late.firstMillis());
      longFirst.add(slow.firstMillis());
      long from = slow.sentNanos();
      long to = slow.pieceNanos()[0];
      double longest = 0;
      var gaps = new ArrayList<Double>();
      for (Answer stream : running.answers()) {
        stream.whole(tokens);
        longest = Math.max(longest, longestPause(stream.pieceNanos(), from, to));
        gaps.add(medianGap(stream.pieceNanos()));
      }
      pauses.add(longest);
      usual.add(Stats.median(gaps));
    }
  }

  /** The longest time between two pieces that touches the time from {@code from} to {@code to}. */
  private static double longestPause(long[] pieces, long from, long to) {
    long longest = 0;
    for (int i = 1; i < pieces.length; i++) {
      if (pieces[i] >= from && pieces[i - 1] <= to) {
        longest = Math.max(longest, pieces[i] - pieces[i - 1]);
      }
    }
    return longest / 1e6;
  }

  private static double medianGap(long[] pieces) {
    List<Double> gaps =
        IntStream.range(1, pieces.length).mapToObj(i -> (pieces[i] - pieces[i - 1]) / 1e6).toList();
    return Stats.median(gaps);
  }

  private void reportPrefill() {
    Report report = setup.report();
    String note = GeneratedModel.MEDIUM.words() + ", " + STREAMS + " streams, ";
    report.plain(
        "local.ttft_during_prefill_ms", Stats.median(first), "ms", note + Stats.spread(first));
    report.at(
        "local.ttft_during_prefill_ms",
        Stats.median(longFirst),
        "ms",
        Map.of("of", "the prompt of " + LONG_PROMPT),
        Stats.spread(longFirst));
    double chunk = Stats.median(chunks);
    report.atMost(
        "local.longest_pause_ms",
        pauses.stream().mapToDouble(v -> v).max().orElse(Double.NaN),
        "ms",
        chunk,
        "of any stream meanwhile, longest of all trials; goal: one batch of "
            + LocalSetup.BATCH_TOKENS
            + " alone");
    report.at(
        "local.longest_pause_ms",
        Stats.median(usual),
        "ms",
        Map.of("of", "the usual token"),
        "median time between two pieces of a stream");
  }

  private void prefixes(LocalServer server) {
    var misses = new ArrayList<Double>();
    var hits = new ArrayList<Double>();
    var cached = new ArrayList<Double>();
    for (int i = 1; i <= setup.count(15, 4); i++) {
      Commands.progress("first token: prefix, pair " + i);
      String prefix = prompts.of(PREFIX);
      misses.add(ask(server, prefix).firstMillis());
      Answer hit = ask(server, prefix);
      hits.add(hit.firstMillis());
      cached.add((double) hit.cachedTokens());
    }
    List<Double> ratios =
        IntStream.range(0, hits.size()).mapToObj(i -> hits.get(i) / misses.get(i)).toList();
    setup
        .report()
        .atMost(
            "local.prefix_hit_ttft_ratio",
            Stats.median(ratios),
            "ratio",
            PREFIX_GOAL,
            "hit / miss of a prefix of "
                + PREFIX
                + ", "
                + Report.number(Stats.median(cached))
                + " tokens cached, "
                + Stats.spread(ratios));
    at("hit", hits);
    at("miss", misses);
  }

  private Answer ask(LocalServer server, String prefix) {
    return server.ask(Question.greedy(prefix + " " + prompts.of(SHORT_PROMPT), 2)).whole(2);
  }

  private void at(String which, List<Double> values) {
    setup
        .report()
        .at(
            "local.prefix_ttft_ms",
            Stats.median(values),
            "ms",
            Map.of("of", which),
            Stats.spread(values));
  }
}
