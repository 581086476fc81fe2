package llm.core.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import llm.core.testkit.ManualClock;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.Test;

class RouteTableTest {
  private static final RouteReader.Providers ANY =
      new RouteReader.Providers() {
        @Override
        public Optional<String> whyNot(String id) {
          return id.equals("nobody") ? Optional.of("'nobody' is no provider") : Optional.empty();
        }

        @Override
        public Optional<String> whyNot(Optional<String> provider, String model) {
          return model.equals("dead") ? Optional.of("'dead' is no model") : Optional.empty();
        }
      };

  private final ManualClock clock = new ManualClock();
  private final FirstTokens times = new FirstTokens(clock.time());

  private RouteTable table(Random random, String... yaml) {
    var config = TestConfig.yaml("routes:\n" + String.join("\n", yaml).indent(2));
    var rules = RouteReader.read(config.root(), ANY);
    assertThat(config.problems()).isEmpty();
    return new RouteTable(rules, times, random);
  }

  private static List<String> problems(String... yaml) {
    var config = TestConfig.yaml("routes:\n" + String.join("\n", yaml).indent(2));
    RouteReader.read(config.root(), ANY);
    return config.problems();
  }

  private static List<String> keys(List<Pick> picks) {
    return picks.stream().map(Pick::key).toList();
  }

  @Test
  void theMostExactRouteIsTakenAndItsStarPutIn() {
    var table =
        table(
            new Random(1),
            "'*': {targets: [{provider: big, model: '*'}]}",
            "'gpt-*': {targets: [{provider: a, model: 'openai/gpt-*'}]}",
            "'gpt-*-mini': {targets: [{provider: b}]}",
            "gpt-4o-mini: {targets: [{provider: c, model: other}]}");

    assertThat(keys(table.order("gpt-4o-mini"))).containsExactly("c/other");
    assertThat(keys(table.order("gpt-5-mini"))).containsExactly("b/gpt-5-mini");
    assertThat(keys(table.order("gpt-5"))).containsExactly("a/openai/gpt-5");
    assertThat(keys(table.order("llama"))).containsExactly("big/llama");
    assertThat(table.aliases()).containsExactly("gpt-4o-mini");
    assertThat(table(new Random(1), "x: {targets: [{model: y}]}").order("z")).isEmpty();
  }

  @Test
  void aTargetMayBeAnotherRouteOrTheModelOfItsOwnName() {
    var table =
        table(
            new Random(1),
            "fast: {targets: [{model: small, system_prefix: Outer.}, {provider: p, model: last}]}",
            "small: {targets: [{provider: p, model: one, system_prefix: Inner.}, {model: small}]}");

    List<Pick> picks = table.order("fast");
    assertThat(keys(picks)).containsExactly("p/one", "small", "p/last");
    assertThat(picks.getFirst().overrides().systemPrefix()).contains("Outer.\n\nInner.");
    assertThat(picks).allMatch(pick -> pick.route().equals("fast"));
  }

  @Test
  void lotsFallByWeightAndNoughtComesLast() {
    long seed = new Random().nextLong();
    var table =
        table(
            new Random(seed),
            "w: {strategy: weighted, targets: [{provider: z, model: m, weight: 0},"
                + " {provider: a, model: m, weight: 7}, {provider: b, model: m, weight: 2},"
                + " {provider: c, model: m}]}");
    Map<String, Integer> firsts = new HashMap<>();
    int draws = 100_000;
    for (int i = 0; i < draws; i++) {
      List<String> order = keys(table.order("w"));
      assertThat(order).hasSize(4).endsWith("z/m").doesNotHaveDuplicates();
      firsts.merge(order.getFirst(), 1, Integer::sum);
    }
    // Six standard deviations of a lot of 100,000 draws are less than one hundredth.
    Map<String, Double> shares = Map.of("a/m", 0.7, "b/m", 0.2, "c/m", 0.1);
    shares.forEach((target, share) ->
        assertThat(firsts.get(target) / (double) draws)
            .as("seed %d: %s", seed, target)
            .isBetween(share - 0.01, share + 0.01));
  }

  @Test
  void theSoonestIsAskedButAnotherNowAndThen() {
    long seed = new Random().nextLong();
    var table =
        table(
            new Random(seed),
            "t: {strategy: least_ttft, targets: [{provider: a, model: m},"
                + " {provider: b, model: m}]}");
    times.began("a/m", 900_000_000);
    assertThat(share(table, "b/m")).as("seed %d: unknown is tried", seed).isGreaterThan(0.9);

    times.began("b/m", 100_000_000);
    assertThat(share(table, "b/m")).as("seed %d", seed).isBetween(0.93, 0.97);

    times.refused("b/m");
    assertThat(share(table, "a/m")).as("seed %d: one that refuses", seed).isBetween(0.93, 0.97);

    clock.advance(Duration.ofSeconds(61));
    assertThat(keys(table.targets("t"))).containsExactly("a/m", "b/m");
    assertThat(times.of("b/m")).as("all is forgotten").isEmpty();
  }

  @Test
  void timesOfLateCountMostAndOldOnesFade() {
    times.began("x", 1_000_000_000);
    times.began("x", 2_000_000_000);
    assertThat(times.of("x").orElseThrow()).isBetween(1.29e9, 1.31e9);
    clock.advance(Duration.ofSeconds(40));
    times.began("x", 5_000_000_000L);
    assertThat(times.of("x").orElseThrow()).isBetween(4.9e9, 5.0e9);
  }

  @Test
  void whatATargetAddsGivesWayToWhatACallerSays() {
    var over =
        table(
                new Random(1),
                "x: {targets: [{model: m, system_prefix: Be kind., temperature: 0.5, top_p: 0.9,"
                    + " max_tokens: 7}]}")
            .order("x")
            .getFirst()
            .overrides();
    var plain = ChatRequest.of(new ModelName("m"), List.of(Message.user("hi")));

    ChatRequest sent = over.apply(plain);
    assertThat(sent.messages()).extracting(Message::role).containsExactly(Role.SYSTEM, Role.USER);
    assertThat(sent.messages().getFirst().text()).isEqualTo("Be kind.");
    assertThat(sent.maxTokens()).contains(7);
    assertThat(sent.sampling().topP()).contains(0.9);

    ChatRequest asked =
        plain
            .withMessages(_ -> List.of(Message.system("Be short."), Message.user("hi")))
            .withMaxTokens(3);
    ChatRequest both = over.apply(asked);
    assertThat(both.messages()).hasSize(2);
    assertThat(both.messages().getFirst().text()).isEqualTo("Be kind.\n\nBe short.");
    assertThat(both.maxTokens()).contains(3);
    assertThat(Overrides.NONE.apply(asked)).isSameAs(asked);
  }

  @Test
  void mistakesAreToldAtTheirLines() {
    assertThat(problems("a: {targets: [{model: b}]}", "b: {targets: [{model: a}]}"))
        .hasSize(2)
        .allSatisfy(text -> assertThat(text).contains("leads back to its own route", " to a"))
        .anySatisfy(text -> assertThat(text).contains("test.yml:2", "routes.a.targets[0].model"));
    assertThat(problems("a: {targets: [{provider: nobody, model: m}]}"))
        .singleElement()
        .asString()
        .contains("routes.a.targets[0].provider", "'nobody' is no provider");
    assertThat(problems("a: {targets: [{model: dead}]}"))
        .singleElement()
        .asString()
        .contains("dead");
    assertThat(problems("dead: {targets: [{provider: p}]}")).hasSize(1);
    assertThat(problems("a: {targets: []}")).singleElement().asString().contains("at least one");
    assertThat(problems("a: {targets: [{model: 'x*'}]}"))
        .singleElement()
        .asString()
        .contains("no *");
    assertThat(problems("'a**': {targets: [{model: x}]}"))
        .singleElement()
        .asString()
        .contains("at most one *");
    assertThat(problems("a: {targets: [{model: x}, {model: x}]}"))
        .singleElement()
        .asString()
        .contains("targets[1]", "the same target again");
    assertThat(problems("a: {strategy: best, targets: [{model: x}]}"))
        .singleElement()
        .asString()
        .contains("first | weighted | least_ttft");
    assertThat(problems("a: {targets: [{modle: x}]}")).isNotEmpty();
  }

  private static double share(RouteTable table, String first) {
    int hits = 0;
    int asked = 10_000;
    for (int i = 0; i < asked; i++) {
      hits += table.order("t").getFirst().key().equals(first) ? 1 : 0;
    }
    return hits / (double) asked;
  }
}
