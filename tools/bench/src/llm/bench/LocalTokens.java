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
import llm.bench.system.Proc;

/** Processor time of a token, one stream, beside the C loop: the server and it take turns. */
final class LocalTokens {
  private static final double GOAL = 0.98;
  private static final int SHORT_PROMPT = 4;
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

  LocalTokens(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    var model = GeneratedModel.LARGE;
    try (LocalServer server = setup.server(model, "");
        CLoop loop = setup.cLoop(model, 1, false)) {
      int generated = setup.count(96, 24);
      int read = setup.count(512, 128);
      pair(server, loop, SHORT_PROMPT, generated); // warms both up
      var tg = new ArrayList<Pair>();
      var pp = new ArrayList<Pair>();
      for (int i = 1; i <= setup.count(9, 3); i++) {
        Commands.progress("tokens: pair " + i);
        tg.add(pair(server, loop, SHORT_PROMPT, generated));
        pp.add(pair(server, loop, read, 1));
      }
      report("local.tg_ratio_to_c", tg, model.words() + ", " + generated + " tokens");
      report("local.pp_ratio_to_c", pp, model.words() + ", prompt of " + read);
      if (sameTexts < texts) {
        setup
            .report()
            .remark(
                "the C loop's answer is ours in "
                    + sameTexts
                    + " of "
                    + texts
                    + " pairs: rounding differs where batches or windows do");
      }
    }
  }

  /** Who begins changes from pair to pair. */
  private Pair pair(LocalServer server, CLoop loop, int read, int generated) {
    String prompt = prompts.of(read);
    boolean oursFirst = texts % 2 == 0;
    double ours = oursFirst ? ours(server, prompt, read, generated) : 0;
    long before = Proc.cpuMicros(List.of(loop.pid()));
    CLoop.Generated theirs = loop.generate(prompt, generated);
    double cpu = Proc.cpuMicros(List.of(loop.pid())) - before;
    if (!oursFirst) {
      ours = ours(server, prompt, read, generated);
    }
    if (theirs.promptTokens() != read) {
      throw new llm.bench.system.BenchFailure(
          "the C loop reads " + theirs.promptTokens() + " tokens in place of " + read);
    }
    texts++;
    sameTexts += theirs.text().equals(lastText) ? 1 : 0;
    return new Pair(ours / (read + generated - 1), cpu / (read + generated - 1));
  }

  private String lastText = "";

  private double ours(LocalServer server, String prompt, int read, int generated) {
    long before = server.cpuMicros();
    Answer answer = server.ask(Question.greedy(prompt, generated)).whole(generated);
    double cpu = server.cpuMicros() - before;
    if (answer.promptTokens() != read || answer.cachedTokens() > 2) {
      throw new llm.bench.system.BenchFailure(
          "the server read "
              + answer.promptTokens()
              + " tokens, "
              + answer.cachedTokens()
              + " of them cached, in place of "
              + read);
    }
    lastText = answer.text();
    return cpu;
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
