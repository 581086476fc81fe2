package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.limit.LimitSettings;
import llm.core.limit.MemoryLimitStore;
import llm.core.telemetry.Level;
import llm.core.testkit.Calls;
import llm.core.testkit.Gate;
import llm.core.testkit.TestConfig;
import llm.core.usage.UsageCounts;
import llm.core.usage.UsageRow;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.limit.Demand;
import llm.domain.limit.Ruling;
import llm.domain.limit.Ticket;
import llm.domain.port.LimitStore;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.Test;

/** Limits and bills of requests, by the gateway's door. */
class LimitedCallsTest {
  private static final String PRICES =
      """
      models:
        m: {input_usd_per_million: 3, output_usd_per_million: 15, cached_usd_per_million: 0.3}
      """;

  private volatile StreamEvent.Terminal end =
      new StreamEvent.Done(FinishReason.STOP, new Usage(100, 20, 40));
  private volatile Runnable beforeAnswer = () -> {};
  private final GatewayFixture fixture =
      GatewayFixture.withCatalogue(
          PRICES,
          TestProvider.of(
              "m",
              (_, _) -> {
                beforeAnswer.run();
                return new TestProvider.Played(new StreamEvent.Started("m"), end);
              }));

  private void rules(String yaml) {
    var config = TestConfig.yaml(yaml);
    var rules =
        LimitSettings.read(config.root().section(LimitSettings.SECTION, LimitSettings.SECTION_DOC));
    assertThat(config.problems()).isEmpty();
    fixture.gateway.edition().limitedBy(rules);
  }

  private CallScope call(String key, String endpoint) {
    return CallScope.open(
            new CallId("c"),
            new Principal(key),
            Optional.empty(),
            Duration.ofMinutes(5),
            fixture.clock,
            failure -> {
              throw new AssertionError(failure);
            })
        .by(endpoint);
  }

  private static ChatRequest by(String user) {
    return GatewayFixture.ask("m", "hi")
        .withExtensions(
            Extensions.of(Dialect.OPENAI_CHAT, Map.of("user", new JsonText("\"" + user + "\""))));
  }

  private Map<String, String> complete(ChatRequest request, CallScope call) throws LlmException {
    try (call) {
      fixture.gateway.complete(request, call);
      return call.notes();
    }
  }

  private LlmError refusal(ChatRequest request, CallScope call) {
    return catchThrowableOfType(LlmException.class, () -> complete(request, call)).error();
  }

  private UsageCounts used(String key) throws StoreException {
    return fixture.gateway.usage().report(LocalDate.MIN.plusYears(1), LocalDate.MAX).stream()
        .filter(row -> row.key().equals(key))
        .map(UsageRow::counts)
        .reduce(UsageCounts.NONE, UsageCounts::plus);
  }

  @Test
  void whatAnAnswerTakesWhenWhoAskedFirstHasLeftCountsAgainstItsLimits() throws Exception {
    rules(
        """
        limits:
          rules:
            a: {keys: [a], tokens_per_day: 10000, max_concurrent: 2}
        """);
    var gate = new Gate();
    beforeAnswer = gate::pass;
    CallScope first = call("a", "/v1/chat/completions");
    first.ask("x-llm-cache", "true");
    var leading = Thread.ofPlatform().start(() -> refusal(GatewayFixture.ask("m", "hi"), first));
    gate.awaitReached();
    var second = call("a", "/v1/chat/completions");
    second.ask("x-llm-cache", "true");
    var answer = new FutureTask<>(() -> complete(GatewayFixture.ask("m", "hi"), second));
    var joining = Thread.ofPlatform().start(answer);
    GatewayFixture.await(() -> joining.getState() == Thread.State.WAITING);
    first.cancel(CancelReason.CLOSED);
    leading.join();
    gate.open();
    assertThat(answer.get()).containsEntry("x-llm-cache", "joined");
    assertThat(used("a").promptTokens()).isEqualTo(100);
    assertThat(fixture.gateway.limits().local().today())
        .extracting(MemoryLimitStore.DayCount::amount)
        .containsExactly(120L);
    complete(GatewayFixture.ask("m", "one"), call("a", "/v1/chat/completions"));
    assertThat(used("a").failures()).isEqualTo(1);
    assertThat(used("a").requests()).isEqualTo(3);
  }

  @Test
  void aLimitIsOfItsKeyModelAndEndpointAndOfNobodyElse() throws Exception {
    rules(
        """
        limits:
          rules:
            mine: {keys: [a], model: "m*", endpoint: "/v1/*", requests_per_minute: 1}
        """);
    ChatRequest hi = GatewayFixture.ask("m", "hi");
    complete(hi, call("a", "/v1/chat/completions"));
    LlmError refused = refusal(hi, call("a", "/v1/messages"));
    assertThat(refused)
        .isEqualTo(
            new LlmError.LimitExceeded(
                "Limit 'mine' allows 1 requests per minute, and what is left is too little for this"
                    + " request; there is room in 1m0s.",
                false,
                Optional.of(Duration.ofSeconds(60))));
    complete(hi, call("b", "/v1/chat/completions"));
    complete(hi, call("a", "/llm/chat"));
    assertThat(fixture.telemetry.metrics().sum("llm_limited_total", "rule", "mine")).hasValue(1);
    assertThat(used("a").refusals()).isEqualTo(1);
  }

  @Test
  void theHeadTellsTheTightestLimitInTheWordsOfItsDialect() throws Exception {
    rules(
        """
        limits:
          rules:
            day: {requests_per_day: 100, tokens_per_day: 100000}
            minute: {each: [key], requests_per_minute: 3, tokens_per_minute: 5000}
        """);
    ChatRequest hi = GatewayFixture.ask("m", "hi").withMaxTokens(30);
    assertThat(complete(hi, call("a", "/v1/chat/completions")))
        .containsEntry("x-ratelimit-limit-requests", "3")
        .containsEntry("x-ratelimit-remaining-requests", "2")
        .containsEntry("x-ratelimit-reset-requests", "1m0s")
        .containsEntry("x-ratelimit-limit-tokens", "5000");
    fixture.clock.advance(Duration.ofSeconds(50));
    assertThat(complete(hi, call("a", "/v1/messages")))
        .containsEntry("anthropic-ratelimit-requests-limit", "3")
        .containsEntry("anthropic-ratelimit-requests-remaining", "1")
        .containsEntry("anthropic-ratelimit-requests-reset", "2026-01-02T03:05:56Z");
  }

  @Test
  void eachUserHasItsOwnAndWhoNamesNobodySharesOne() throws Exception {
    rules("limits: {rules: {users: {each: [user], requests_per_minute: 1}}}");
    String path = "/v1/chat/completions";
    complete(by("ann"), call("a", path));
    complete(by("bob"), call("a", path));
    complete(GatewayFixture.ask("m", "hi"), call("a", path));
    assertThat(refusal(by("ann"), call("b", path))).isInstanceOf(LlmError.LimitExceeded.class);
    assertThat(refusal(GatewayFixture.ask("m", "hi"), call("b", path)))
        .isInstanceOf(LlmError.LimitExceeded.class);
    for (String hostile : List.of("x".repeat(5_000), "a|b:{}\\u0000\\n", "\\u00e4 *none", "")) {
      complete(by(hostile.isEmpty() ? "*others" : hostile), call("a", path));
    }
  }

  @Test
  void whatIsReservedIsSettledByWhatWasTakenHoweverItEnds() throws Exception {
    rules("limits: {rules: {tokens: {tokens_per_day: 1000, max_concurrent: 1}}}");
    ChatRequest asks = GatewayFixture.ask("m", "hi").withMaxTokens(700);
    complete(asks, call("a", "/v1/x")); // takes 120 of 1000
    end = new StreamEvent.Failed(new LlmError.Internal(), Usage.of(50, 10));
    assertThat(refusal(asks, call("a", "/v1/x"))).isEqualTo(new LlmError.Internal()); // 60
    CallScope leaving = call("a", "/v1/x");
    EventStream<StreamEvent> left = fixture.gateway.stream(asks, leaving);
    left.next();
    left.close();
    leaving.close(); // broken off before its first token: nothing was taken
    end = new StreamEvent.Done(FinishReason.STOP, Usage.of(800, 20));
    complete(GatewayFixture.ask("m", "hi").withMaxTokens(800), call("a", "/v1/x"));

    LlmError full = refusal(GatewayFixture.ask("m", "hi").withMaxTokens(1), call("a", "/v1/x"));
    assertThat(((LlmError.LimitExceeded) full).isQuota()).isTrue();
    assertThat(used("a").promptTokens()).isEqualTo(950);
    assertThat(used("a").failures()).isEqualTo(2);
  }

  @Test
  void whatCanNeverBeLetInIsSaidAtOnce() {
    rules("limits: {rules: {small: {tokens_per_minute: 100}}}");
    LlmError refused =
        refusal(GatewayFixture.ask("m", "hi").withMaxTokens(101), call("a", "/v1/x"));
    assertThat(refused.message()).contains("'small'", "100 tokens per minute", "max_tokens");
    assertThat(((LlmError.LimitExceeded) refused).retryAfter()).isEmpty();
  }

  @Test
  void moneyIsExactAndIsTold() throws Exception {
    // 60 plain at 3, 40 cached at 0.3, 20 answered at 15 dollars a million
    rules("limits: {rules: {money: {each: [key], cost_per_day: 0.000984}}}");
    ChatRequest asks = GatewayFixture.ask("m", "hi").withMaxTokens(20);
    assertThat(complete(asks, call("a", "/v1/x"))).containsEntry("x-llm-cost", "0.000492");
    complete(asks, call("a", "/v1/x"));
    assertThat(refusal(asks, call("a", "/v1/x")).message()).contains("$0.000984 of cost per day");
    assertThat(used("a").nanoDollars()).isEqualTo(984_000);
    assertThat(fixture.telemetry.events("llm_request").getFirst().text("cost"))
        .contains("0.000492");
    assertThat(fixture.telemetry.metrics().sum("llm_cost_dollars_total", "model", "m"))
        .hasValue(0.000984);
  }

  @Test
  void theServersOwnWorkIsNeitherLimitedNorOnAKeysBill() throws Exception {
    rules("limits: {rules: {none: {requests_per_day: 0}}}");
    try (CallScope own = Calls.open(fixture.clock)) {
      fixture.gateway.complete(GatewayFixture.ask("m", "hi"), own);
    }
    assertThat(used("llm.server").requests()).isEqualTo(1);
    assertThat(used("local").requests()).isZero();
  }

  @Test
  void aSharedStoreThatIsLostLetsInByItsOwnCountOrRefusesAsConfigured() throws Exception {
    var away = new AtomicBoolean(true);
    var local = new MemoryLimitStore(fixture.clock, 10);
    fixture
        .gateway
        .limits()
        .share(
            new LimitStore() {
              @Override
              public Ruling admit(List<Demand> demands, String id, Duration life)
                  throws StoreException {
                check();
                return local.admit(demands, id, life);
              }

              @Override
              public void settle(Ticket ticket, long tokens, long nanoDollars)
                  throws StoreException {
                check();
              }

              private void check() throws StoreException {
                if (away.get()) {
                  throw new StoreException(StoreException.Reason.UNAVAILABLE, "away");
                }
              }

              @Override
              public boolean isAvailable() {
                return !away.get();
              }

              @Override
              public void close() {
                // nothing is open
              }
            });
    ChatRequest hi = GatewayFixture.ask("m", "hi");
    rules("limits: {rules: {one: {requests_per_day: 1}}}");
    complete(hi, call("a", "/v1/x"));
    assertThat(refusal(hi, call("a", "/v1/x"))).isInstanceOf(LlmError.LimitExceeded.class);
    assertThat(fixture.gateway.limits().trouble().orElseThrow()).contains("for itself");

    rules("limits: {when_store_is_lost: refuse, rules: {one: {requests_per_day: 1}}}");
    assertThat(refusal(hi, call("a", "/v1/x"))).isInstanceOf(LlmError.StoreUnavailable.class);
    assertThat(fixture.gateway.limits().trouble().orElseThrow()).contains("refused");

    away.set(false);
    assertThat(fixture.gateway.limits().trouble()).as("though nobody asked since").isEmpty();
    assertThat(fixture.telemetry.metrics().prometheusText())
        .contains("llm_limit_store_available 1");
    complete(hi, call("a", "/v1/x"));
    assertThat(fixture.gateway.limits().trouble()).isEmpty();
    assertThat(
            fixture.telemetry.events().stream()
                .filter(event -> event.level() == Level.WARN)
                .filter(event -> event.name().equals("limit_store_lost")))
        .hasSize(1);
  }

  @Test
  void mistakesInTheRulesAreToldWithTheirPlace() {
    var config =
        TestConfig.yaml(
            """
            limits:
              rules:
                nothing: {keys: [a]}
                "bad:name": {requests_per_day: 1}
                stars: {model: "a*b*", requests_per_day: 1}
                each: {each: [planet], requests_per_day: 1}
            """);
    LimitSettings.read(config.root().section(LimitSettings.SECTION, LimitSettings.SECTION_DOC));
    assertThat(config.problems().toString())
        .contains("limits nothing", "1 to 64", "at most one *", "one of key, user");
  }

  @Test
  void catalogueKnowsWhatCachedTokensCost() {
    var spec = Catalogue.read(TestConfig.yaml(PRICES).root()).spec("m");
    assertThat(spec.price().orElseThrow().nanoDollars(new Usage(100, 20, 40))).isEqualTo(492_000);
  }
}
