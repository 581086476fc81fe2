package llm.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import llm.bench.local.GeneratedModel;
import llm.bench.local.LocalServer;
import llm.bench.local.Question;
import llm.bench.local.RoundPeer;
import llm.bench.local.Together;

/**
 * Tokens a second of eight answers at once: our engine and node-llama-cpp, each in a process of its
 * own without HTTP, take turns; the server over HTTP stands beside them.
 */
final class LocalBatch {
  private static final int STREAMS = 8;
  private static final int WARM_ROUNDS = 4;

  private final LocalSetup setup;
  private int rounds;

  LocalBatch(LocalSetup setup) {
    this.setup = setup;
  }

  void measure() {
    Optional<String> absent = RoundPeer.installNode(setup.library());
    if (absent.isPresent()) {
      setup.report().remark("local.batch8_ratio_to_node is left out: " + absent.get());
      return;
    }
    measure(GeneratedModel.TINY, "local.batch8_ratio_to_node", 1.1, setup.count(200, 60));
    measure(GeneratedModel.LARGE, "local.batch8_large_ratio_to_node", 0.98, setup.count(24, 5));
  }

  private void measure(GeneratedModel model, String metric, double goal, int tokens) {
    var setting = setup.setting(model);
    var root = setup.bench().root();
    var folder = setup.bench().folder();
    Commands.progress("batch of " + STREAMS + ": " + model.label());
    var ours = new ArrayList<Double>();
    var theirs = new ArrayList<Double>();
    var server = new ArrayList<Double>();
    try (var engine = RoundPeer.engine(root, setup.file(model), STREAMS, tokens, setting, folder);
        var node = RoundPeer.node(root, setup.file(model), STREAMS, tokens, setting, folder)) {
      for (int i = 0; i < setup.count(WARM_ROUNDS, 1); i++) { // Compilers warm up too.
        engine.tokensPerSecond(prompt());
        node.tokensPerSecond(prompt());
      }
      for (int i = 1; i <= setup.count(9, 2); i++) {
        Commands.progress("batch of " + STREAMS + ": " + model.label() + ", pair " + i);
        boolean oursFirst = i % 2 == 0;
        if (oursFirst) {
          ours.add(engine.tokensPerSecond(prompt()));
        }
        theirs.add(node.tokensPerSecond(prompt()));
        if (!oursFirst) {
          ours.add(engine.tokensPerSecond(prompt()));
        }
      }
    }
    if (!setup.quick()) {
      server.addAll(overHttp(model, tokens));
    }
    report(metric, goal, model, List.of(ours, theirs, server));
  }

  private void report(
      String metric, double goal, GeneratedModel model, List<List<Double>> figures) {
    List<Double> ours = figures.get(0);
    List<Double> theirs = figures.get(1);
    List<Double> ratios =
        IntStream.range(0, ours.size()).mapToObj(i -> ours.get(i) / theirs.get(i)).toList();
    String note = model.words() + ", in process, " + Stats.spread(ratios);
    setup.report().atLeast(metric, Stats.median(ratios), "ratio", goal, note);
    List<String> names = List.of("ours", "node", "server");
    for (int i = 0; i < names.size() && !figures.get(i).isEmpty(); i++) {
      setup
          .report()
          .at(
              "local.batch8.tokens_per_second",
              Stats.median(figures.get(i)),
              "1/s",
              Map.of("of", names.get(i), "model", model.label()),
              (i == 2 ? "over HTTP, " : "in process, ") + Stats.spread(figures.get(i)));
    }
  }

  private List<Double> overHttp(GeneratedModel model, int tokens) {
    try (LocalServer server = setup.server(model, "")) {
      for (int i = 0; i < WARM_ROUNDS; i++) {
        http(server, tokens);
      }
      return IntStream.range(0, setup.count(9, 3)).mapToObj(_ -> http(server, tokens)).toList();
    }
  }

  private String prompt() {
    return "round " + rounds++;
  }

  private double http(LocalServer server, int tokens) {
    String prompt = prompt();
    List<Question> questions =
        IntStream.range(0, STREAMS)
            .mapToObj(i -> Question.greedy(i + " " + prompt, tokens))
            .toList();
    long start = System.nanoTime();
    try (var together = new Together(server.port(), questions)) {
      together.answers().forEach(answer -> answer.whole(tokens));
    }
    return STREAMS * tokens / ((System.nanoTime() - start) / 1e9);
  }
}
