package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  private final LocalSetup setup;
  private final Prompts prompts = new Prompts(SEED);
  private int asked;

  LocalGrammar(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    var model = GeneratedModel.LARGE;
    int tokens = setup.count(96, 24);
    try (LocalServer server = setup.server(model, "")) {
      for (int i = 0; i < setup.count(3, 1); i++) {
        cost(server, tokens, "");
        cost(server, tokens, FORMAT);
      }
      List<Double> more = new ArrayList<>();
      List<Double> ratios = new ArrayList<>();
      List<Double> free = new ArrayList<>();
      List<Double> held = new ArrayList<>();
      for (int i = 1; i <= setup.count(7, 2); i++) {
        Commands.progress("grammar: pair " + i);
        boolean freeFirst = i % 2 == 0;
        double first = cost(server, tokens, freeFirst ? "" : FORMAT);
        double second = cost(server, tokens, freeFirst ? FORMAT : "");
        free.add(freeFirst ? first : second);
        held.add(freeFirst ? second : first);
        more.add(held.getLast() - free.getLast());
        ratios.add(held.getLast() / free.getLast());
      }
      String of = model.words() + ", 32,000 tokens in the vocabulary, temperature 2";
      setup.report().plain("local.grammar_us_per_token", Stats.median(more), "us", of);
      setup
          .report()
          .at(
              "local.grammar_us_per_token",
              Stats.median(free),
              "us",
              Map.of("of", "free"),
              Stats.spread(free));
      setup
          .report()
          .at(
              "local.grammar_us_per_token",
              Stats.median(held),
              "us",
              Map.of("of", "held"),
              Stats.spread(held));
      setup
          .report()
          .atMost(
              "local.grammar_ratio", Stats.median(ratios), "ratio", GOAL, Stats.spread(ratios));
    }
  }

  /** Processor time of a token of an answer, in microseconds. */
  private double cost(LocalServer server, int tokens, String format) {
    var question =
        new Question(prompts.of(PROMPT), tokens, TEMPERATURE, ++asked, 0, format);
    long before = server.cpuMicros();
    server.ask(question).whole(tokens);
    return (server.cpuMicros() - before) / (double) (tokens + PROMPT);
  }
}
