package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import llm.bench.local.Fields;
import llm.bench.local.GeneratedModel;
import llm.bench.local.LocalServer;
import llm.bench.local.Prompts;
import llm.bench.local.Question;

/**
 * What it costs to hold an answer to a JSON Schema: processor time of a token, held and free, of
 * the same number of tokens. The temperature makes nearly every token of a form a second choice.
 */
final class LocalGrammar {
  private static final double GOAL = 1.3;
  private static final double TEMPERATURE = 2;
  private static final int PROMPT = 4;
  private static final long SEED = 8;

  /** Longer than any answer here. */
  private static final String FORMAT =
      """
      {"type":"json_schema","json_schema":{"name":"items","strict":true,"schema":{"type":"array",\
      "minItems":200,"items":{"type":"object","additionalProperties":false,\
      "required":["name","count","open"],"properties":{"name":{"type":"string","maxLength":24},\
      "count":{"type":"integer","minimum":0,"maximum":9999},"open":{"type":"boolean"}}}}}}\
      """;

  /** Each place in the string has another set of tokens. */
  private static final String LONG_TEXT =
      """
      {"type":"json_schema","json_schema":{"name":"text","strict":true,"schema":{"type":"string",\
      "minLength":3000,"maxLength":9000}}}\
      """;

  private final LocalSetup setup;
  private final Prompts prompts = new Prompts(SEED);
  private int asked;

  LocalGrammar(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    Costs wide = costs(GeneratedModel.WIDE, setup.count(1_000, 400), setup.count(7, 3));
    setup
        .report()
        .plain("local.grammar_us_per_token", Stats.median(wide.more()), "us", wide.words());
    at(wide, "free", wide.free());
    at(wide, "held", wide.held());
    setup
        .report()
        .at(
            "local.grammar_ratio",
            Stats.median(wide.ratios()),
            "ratio",
            Map.of("model", "wide"),
            Stats.spread(wide.ratios()));
    Costs large = costs(GeneratedModel.LARGE, setup.count(96, 48), setup.count(7, 2));
    setup
        .report()
        .atMost(
            "local.grammar_ratio",
            Stats.median(large.ratios()),
            "ratio",
            GOAL,
            large.words() + ", " + Stats.spread(large.ratios()));
    masks("objects", FORMAT);
    masks("a long text", LONG_TEXT);
  }

  /** How long a mask takes to find over a large vocabulary, in a server that never found one. */
  private void masks(String of, String format) {
    Commands.progress("grammar: masks, " + of);
    try (LocalServer server = setup.server(GeneratedModel.VAST, "")) {
      var none = new Masks(0, 0);
      cost(server, 1, format);
      Masks first = Masks.of(server);
      at("first", of, first.since(none));
      cost(server, setup.count(200, 60), format);
      Masks cold = Masks.of(server);
      at("mean of the first answer", of, cold.since(first));
      cost(server, setup.count(200, 60), format);
      at("mean of the second answer", of, Masks.of(server).since(cold));
    }
  }

  private void at(String which, String of, Masks masks) {
    setup
        .report()
        .at(
            "local.grammar_mask_ms",
            masks.seconds() / Math.max(1, masks.count()) * 1_000,
            "ms",
            Map.of("which", which, "of", of),
            "vocabulary of 150,000, found " + Math.round(masks.count()));
  }

  /** Masks that were found. */
  private record Masks(double count, double seconds) {
    static Masks of(LocalServer server) {
      String metrics = server.metrics();
      String name = "llm_local_grammar_mask_seconds";
      return new Masks(
          Fields.metric(metrics, name + "_count"), Fields.metric(metrics, name + "_sum"));
    }

    Masks since(Masks before) {
      return new Masks(count - before.count, seconds - before.seconds);
    }
  }

  private void at(Costs costs, String of, List<Double> values) {
    setup
        .report()
        .at(
            "local.grammar_us_per_token",
            Stats.median(values),
            "us",
            Map.of("of", of),
            Stats.spread(values));
  }

  /** Microseconds of processor time a token, pair by pair. */
  private record Costs(GeneratedModel model, List<Double> free, List<Double> held) {
    List<Double> more() {
      return IntStream.range(0, free.size()).mapToObj(i -> held.get(i) - free.get(i)).toList();
    }

    List<Double> ratios() {
      return IntStream.range(0, free.size()).mapToObj(i -> held.get(i) / free.get(i)).toList();
    }

    String words() {
      return model.words() + ", vocabulary of 32,000, temperature 2";
    }
  }

  /** Who is first changes from pair to pair. */
  private Costs costs(GeneratedModel model, int tokens, int pairs) {
    var costs = new Costs(model, new ArrayList<>(), new ArrayList<>());
    try (LocalServer server = setup.server(model, "")) {
      for (int i = 0; i < 2; i++) {
        cost(server, tokens, "");
        cost(server, tokens, FORMAT);
      }
      for (int i = 1; i <= pairs; i++) {
        Commands.progress("grammar: " + model.label() + ", pair " + i);
        boolean freeFirst = i % 2 == 0;
        double first = cost(server, tokens, freeFirst ? "" : FORMAT);
        double second = cost(server, tokens, freeFirst ? FORMAT : "");
        costs.free().add(freeFirst ? first : second);
        costs.held().add(freeFirst ? second : first);
      }
    }
    return costs;
  }

  /** Processor time of a token of an answer, in microseconds. */
  private double cost(LocalServer server, int tokens, String format) {
    String field = format.isEmpty() ? "" : "\"response_format\":" + format + ",";
    var question = new Question(prompts.of(PROMPT), tokens, TEMPERATURE, ++asked, 0, field);
    long before = server.cpuMicros();
    server.ask(question).whole(tokens);
    return (server.cpuMicros() - before) / (double) (tokens + PROMPT);
  }
}
