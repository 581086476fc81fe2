package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.bench.local.Answer;
import llm.bench.local.Fields;
import llm.bench.local.GeneratedModel;
import llm.bench.local.LocalServer;
import llm.bench.local.Prompts;
import llm.bench.local.Question;

/**
 * What drafted tokens bring: two servers that differ in {@code speculation} alone answer by turns.
 * The likeliest of {@link #WORDS} tokens soon come again and again, which is the repetitive text;
 * of all tokens at temperature 2 none comes twice. What counts is processor time: one thread
 * computes.
 */
final class LocalSpeculation {
  private static final double GOAL = 1.5;
  private static final int PROMPT = 40;
  private static final int WARM_ANSWERS = 3;
  private static final int WORDS = 4;
  private static final int FIRST_WORD = 330; // tokens before are bytes and characters
  private static final int WORD_STEP = 11;
  private static final long SEED = 9;

  private final LocalSetup setup;
  private final Prompts prompts = new Prompts(SEED);
  private int asked;
  private int sameTexts;

  /** Processor time of a token in microseconds, with drafts and without. */
  private record Pair(double drafting, double plain) {
    double gain() {
      return plain / drafting;
    }
  }

  /** Processor time of a token in microseconds, and the answer's text. */
  private record Used(double micros, String text) {}

  LocalSpeculation(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    measure(GeneratedModel.MEDIUM_F32, setup.count(400, 300));
    measureDraftModel(setup.count(300, 150));
    if (!setup.quick()) {
      measure(GeneratedModel.TINY, 800);
      measure(GeneratedModel.LARGE, 160);
    }
  }

  private void measure(GeneratedModel model, int tokens) {
    asked = 0;
    sameTexts = 0;
    try (LocalServer drafting = setup.server(model, "speculation: auto");
        LocalServer plain = setup.server(model, "speculation: off")) {
      for (int i = 0; i < setup.count(WARM_ANSWERS, 2); i++) {
        pair(drafting, plain, tokens, 0);
      }
      var repetitive = new ArrayList<Pair>();
      var random = new ArrayList<Pair>();
      for (int i = 1; i <= setup.count(5, 2); i++) {
        Commands.progress("speculation: " + model.label() + ", pair " + i);
        repetitive.add(pair(drafting, plain, tokens, 0));
        random.add(pair(drafting, plain, tokens / 2, 2));
      }
      report(model, tokens, repetitive, random);
      at(model, "drafted tokens that were chosen", share(drafting.metrics()), "");
    }
  }

  /** A text that hardly repeats itself, guessed by a model of an eighth of the layers. */
  private void measureDraftModel(int tokens) {
    var model = GeneratedModel.DRAFTED;
    String draft = "draft_model: '" + setup.file(GeneratedModel.DRAFT) + "'\n";
    try (LocalServer drafting = setup.server(model, "speculation: auto\n" + draft);
        LocalServer plain = setup.server(model, "speculation: off")) {
      var pairs = new ArrayList<Pair>();
      for (int i = 0; i < setup.count(WARM_ANSWERS + 5, 3); i++) {
        Commands.progress("speculation: a draft model, pair " + i);
        Pair pair = pair(drafting, plain, tokens, "");
        if (i >= setup.count(WARM_ANSWERS, 1)) {
          pairs.add(pair);
        }
      }
      List<Double> gains = pairs.stream().map(Pair::gain).toList();
      at(model, "a text with a draft model", Stats.median(gains), Stats.spread(gains));
      at(model, "tokens of the draft model that were chosen", ofModel(drafting.metrics()), "");
    }
  }

  private void report(GeneratedModel model, int tokens, List<Pair> repetitive, List<Pair> random) {
    List<Double> gains = repetitive.stream().map(Pair::gain).toList();
    String note = model.words() + ", " + tokens + " tokens, " + Stats.spread(gains);
    if (model == GeneratedModel.MEDIUM_F32) {
      setup.report().atLeast("local.speculative_gain", Stats.median(gains), "ratio", GOAL, note);
    } else {
      at(model, "a repetitive text", Stats.median(gains), Stats.spread(gains));
    }
    List<Double> others = random.stream().map(Pair::gain).toList();
    at(model, "a text at random", Stats.median(others), Stats.spread(others));
    cpu(model, "auto", repetitive.stream().map(Pair::drafting).toList());
    cpu(model, "off", repetitive.stream().map(Pair::plain).toList());
    if (sameTexts < asked) {
      setup
          .report()
          .remark(
              "with the model "
                  + model.label()
                  + " the answer is the same with and without drafts in "
                  + sameTexts
                  + " of "
                  + asked
                  + " pairs: rounding differs where batches do");
    }
  }

  private void at(GeneratedModel model, String what, double value, String note) {
    var labels = Map.of("model", model.label(), "of", what);
    setup.report().at("local.speculative_gain", value, "ratio", labels, note);
  }

  private void cpu(GeneratedModel model, String speculation, List<Double> micros) {
    setup
        .report()
        .at(
            "local.speculative.cpu_us_per_token",
            Stats.median(micros),
            "us",
            Map.of("model", model.label(), "speculation", speculation),
            Stats.spread(micros));
  }

  /** Who begins changes from pair to pair. */
  private Pair pair(LocalServer drafting, LocalServer plain, int tokens, double temperature) {
    return pair(drafting, plain, tokens, temperature, temperature == 0 ? words() : "");
  }

  /** Of the likeliest tokens of all. */
  private Pair pair(LocalServer drafting, LocalServer plain, int tokens, String more) {
    return pair(drafting, plain, tokens, 0, more);
  }

  private Pair pair(
      LocalServer drafting, LocalServer plain, int tokens, double temperature, String more) {
    asked++;
    long noSeed = -1; // an answer with one is not drafted
    var question = new Question(prompts.of(PROMPT), tokens, temperature, noSeed, 0, more);
    boolean plainFirst = asked % 2 == 0;
    Used first = used(plainFirst ? plain : drafting, question);
    Used second = used(plainFirst ? drafting : plain, question);
    sameTexts += temperature > 0 || first.text().equals(second.text()) ? 1 : 0;
    return plainFirst
        ? new Pair(second.micros(), first.micros())
        : new Pair(first.micros(), second.micros());
  }

  private static Used used(LocalServer server, Question question) {
    long before = server.cpuMicros();
    Answer answer = server.ask(question).whole(question.maxTokens());
    double micros = server.cpuMicros() - before;
    return new Used(micros / question.maxTokens(), answer.text());
  }

  /** Lets an answer have these words and no others. */
  private static String words() {
    return IntStream.range(0, WORDS)
        .mapToObj(i -> "\"" + (FIRST_WORD + WORD_STEP * i) + "\":100")
        .collect(Collectors.joining(",", "\"logit_bias\":{", "},"));
  }

  private static double share(String metrics) {
    return share(metrics, "llm_local_draft_tokens_total");
  }

  private static double ofModel(String metrics) {
    return share(metrics, "llm_local_draft_model_tokens_total");
  }

  private static double share(String metrics, String counter) {
    String name = counter + "{outcome=\"";
    double accepted = Fields.metric(metrics, name + "accepted\"}");
    double rejected = Fields.metric(metrics, name + "rejected\"}");
    return accepted / Math.max(1, accepted + rejected);
  }
}
