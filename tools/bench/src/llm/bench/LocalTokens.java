package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import llm.bench.local.Answer;
import llm.bench.local.CLoop;
import llm.bench.local.GeneratedModel;
import llm.bench.local.LocalServer;
import llm.bench.local.Prompts;
import llm.bench.local.Question;
import llm.bench.local.Together;
import llm.bench.system.BenchFailure;
import llm.bench.system.Proc;

/** Processor time of a token, one stream, beside the C loop: the server and it take turns. */
final class LocalTokens {
  private static final double GOAL = 0.98;
  private static final String PLAIN = "speculation: off\n"; // the C loop drafts nothing
  private static final int SHORT_PROMPT = 4;
  private static final int MAX_KNOWN = 3;
  private static final int AT_ONCE = 8; // while the compilers warm up
  private static final long SEED = 4;

  private final LocalSetup setup;
  private final Prompts prompts = new Prompts(SEED);
  private int sameTexts;
  private int texts;

  /** Processor time of a token in microseconds, of ours and of the C loop's, one pair. */
  private record Pair(double ours, double loop) {
    double ratio() {
      return loop / ours;
    }
  }

  /** Processor time of an answer in microseconds, and its text. */
  private record Used(double micros, String text) {}

  LocalTokens(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    var model = GeneratedModel.LARGE;
    try (LocalServer server = setup.server(model, PLAIN);
        CLoop loop = setup.cLoop(model, 1, false)) {
      int generated = setup.count(96, 24);
      int read = setup.count(512, 96);
      warmUp(server, generated);
      for (int i = 0; i < setup.count(3, 1); i++) {
        pair(server, loop, SHORT_PROMPT, generated);
      }
      var tg = new ArrayList<Pair>();
      var pp = new ArrayList<Pair>();
      for (int i = 1; i <= setup.count(9, 3); i++) {
        Commands.progress("tokens: pair " + i);
        tg.add(pair(server, loop, SHORT_PROMPT, generated));
        pp.add(pair(server, loop, read, 1));
      }
      report("local.tg_ratio_to_c", tg, model.words() + ", " + generated + " tokens");
      report("local.pp_ratio_to_c", pp, model.words() + ", prompt of " + read);
    }
    if (!setup.quick()) {
      withoutPrefixes(model);
    }
    tellTexts();
  }

  /**
   * Many answers at once: the JVM compiles by how often something runs, and one stream of some
   * tokens a second would be half a minute of compiling, which is no cost of a token.
   */
  private void warmUp(LocalServer server, int generated) {
    for (int round = 0; round < setup.count(4, 1); round++) {
      List<Question> questions = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        questions.add(Question.greedy(prompts.of(SHORT_PROMPT), generated));
      }
      try (var together = new Together(server.port(), questions)) {
        together.answers().forEach(answer -> answer.whole(generated));
      }
    }
  }

  /** What the kept prefixes cost: every step looks past what the pool remembers of them. */
  private void withoutPrefixes(GeneratedModel model) {
    try (LocalServer server = setup.server(model, PLAIN + "prefix_sequences: 0\n");
        CLoop loop = setup.cLoop(model, 1, false)) {
      warmUp(server, 96);
      pair(server, loop, SHORT_PROMPT, 96);
      var pairs = new ArrayList<Double>();
      for (int i = 1; i <= 7; i++) {
        Commands.progress("tokens: no prefix kept, pair " + i);
        pairs.add(pair(server, loop, SHORT_PROMPT, 96).ratio());
      }
      setup
          .report()
          .at(
              "local.tg_ratio_to_c",
              Stats.median(pairs),
              "ratio",
              Map.of("prefix_sequences", "0"),
              Stats.spread(pairs));
    }
  }

  private void tellTexts() {
    if (sameTexts < texts) {
      setup
          .report()
          .remark(
              "the C loop's answer is ours in "
                  + sameTexts
                  + " of "
                  + texts
                  + " pairs: rounding differs where batches do");
    }
  }

  /** Who begins changes from pair to pair. */
  private Pair pair(LocalServer server, CLoop loop, int read, int generated) {
    String prompt = prompts.of(read);
    boolean oursFirst = texts % 2 == 0;
    Used ours = oursFirst ? ours(server, prompt, read, generated) : null;
    Used theirs = theirs(loop, prompt, read, generated);
    if (!oursFirst) {
      ours = ours(server, prompt, read, generated);
    }
    texts++;
    sameTexts += theirs.text.equals(ours.text) ? 1 : 0;
    int tokens = read + generated - 1;
    return new Pair(ours.micros / tokens, theirs.micros / tokens);
  }

  private static Used theirs(CLoop loop, String prompt, int read, int generated) {
    long before = Proc.cpuMicros(List.of(loop.pid()));
    CLoop.Generated answer = loop.generate(prompt, generated);
    double micros = Proc.cpuMicros(List.of(loop.pid())) - before;
    if (answer.promptTokens() != read) {
      throw new BenchFailure(
          "the C loop reads " + answer.promptTokens() + " tokens in place of " + read);
    }
    return new Used(micros, answer.text());
  }

  private static Used ours(LocalServer server, String prompt, int read, int generated) {
    long before = server.cpuMicros();
    Answer answer = server.ask(Question.greedy(prompt, generated)).whole(generated);
    double micros = server.cpuMicros() - before;
    // The token that begins every prompt, and a letter by chance, may be known.
    if (answer.promptTokens() != read || answer.cachedTokens() > MAX_KNOWN) {
      throw new BenchFailure(
          "the server read "
              + answer.promptTokens()
              + " tokens, "
              + answer.cachedTokens()
              + " of them cached, in place of "
              + read);
    }
    return new Used(micros, answer.text());
  }

  private void report(String metric, List<Pair> pairs, String note) {
    List<Double> ratios = pairs.stream().map(Pair::ratio).toList();
    setup
        .report()
        .atLeast(metric, Stats.median(ratios), "ratio", GOAL, note + ", " + Stats.spread(ratios));
    List<Double> ours = pairs.stream().map(Pair::ours).toList();
    List<Double> loop = pairs.stream().map(Pair::loop).toList();
    String cpu = metric.replace("_ratio_to_c", ".cpu_us_per_token");
    setup.report().at(cpu, Stats.median(ours), "us", Map.of("of", "ours"), Stats.spread(ours));
    setup.report().at(cpu, Stats.median(loop), "us", Map.of("of", "c"), Stats.spread(loop));
  }
}
