package llm.core.gateway;

import static llm.core.gateway.GatewayFixture.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.call.Answerer;
import llm.domain.call.CancelReason;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-4: names that stand for models")
class RoutingTest {
  private static final StreamEvent[] ANSWER = {
    new StreamEvent.TextDelta("hello"), new StreamEvent.Done(FinishReason.STOP, new Usage(1, 1, 0))
  };
  private static final LlmError BUSY =
      new LlmError.ProviderRefused("a", 429, Optional.empty(), "Slow down.", Optional.empty());
  private static final LlmError GONE = new LlmError.ProviderUnreachable("a", "No connection.");

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofHours(1));

  private Gateway gateway(String routes, ChatProvider... providers) {
    var config = TestConfig.yaml("resilience: {attempts: 1}\nroutes:\n" + routes.indent(2));
    var gateway =
        Gateway.of(
            GatewaySettings.DEFAULTS,
            List.of(providers).stream().<ProviderSetup>map(ProviderSetup.Ready::new).toList(),
            new Gateway.Routing(config.root(), new Random(1)),
            Catalogue.read(TestConfig.yaml("models: {a: {context_tokens: 900}}").root()),
            telemetry,
            clock,
            IdSource.RANDOM,
            _ -> {});
    assertThat(config.problems()).isEmpty();
    return gateway;
  }

  private static TestProvider refusing(String id, LlmError error) {
    return TestProvider.of(
        id,
        (_, _) -> {
          throw new LlmException(error);
        });
  }

  private static TestProvider answering(String id) {
    return TestProvider.of(id, (_, _) -> new TestProvider.Played(ANSWER));
  }

  private LlmError refusal(Gateway gateway, String model) {
    return catchThrowableOfType(LlmException.class, () -> gateway.stream(ask(model, "hi"), call))
        .error();
  }

  @Test
  void theNextTargetIsAskedWhenOneIsBusyOrGone() throws LlmException {
    var last = answering("c");
    var gateway =
        gateway(
            "fast: {targets: [{model: a}, {model: b}, {provider: c, model: c, max_tokens: 9}]}",
            refusing("a", BUSY),
            refusing("b", GONE),
            last);

    var events = StreamCheck.drain(gateway.stream(ask("fast", "hi"), call));

    assertThat(events.getFirst()).isEqualTo(new StreamEvent.Started("c"));
    assertThat(last.asked.getFirst().model().value()).isEqualTo("c");
    assertThat(last.asked.getFirst().maxTokens()).contains(9);
    assertThat(call.answerer()).contains(new Answerer("c", "c"));
    assertThat(gateway.complete(ask("fast", "hi"), call).model()).isEqualTo("c");
    assertThat(telemetry.events("route_next"))
        .extracting(event -> event.text("target").orElseThrow())
        .startsWith("a", "b");
    assertThat(telemetry.metrics().prometheusText())
        .contains(
            "llm_route_targets_total{route=\"fast\",target=\"a\",outcome=\"passed_over\"} 2",
            "llm_route_targets_total{route=\"fast\",target=\"c/c\",outcome=\"accepted\"} 2");
    assertThat(telemetry.events("llm_request").getLast().text("route")).contains("fast");
  }

  @Test
  void theProvidersPrefixStandsBetweenThatOfTheRouteAndTheCallersWords() throws LlmException {
    var busy = refusing("a", BUSY);
    busy.prefix = Optional.of("House A.");
    var other = answering("b");
    other.prefix = Optional.of("House B.");
    var gateway =
        gateway("x: {targets: [{model: a}, {model: b, system_prefix: Route.}]}", busy, other);

    gateway.complete(ask("x", "hi"), call);
    gateway.complete(
        ask("b", "hi").withMessages(_ -> List.of(Message.system("Caller."), Message.user("hi"))),
        call);

    assertThat(busy.asked.getFirst().messages().getFirst().text()).isEqualTo("House A.");
    assertThat(other.asked.getFirst().messages().getFirst().text()).isEqualTo("Route.\n\nHouse B.");
    assertThat(other.asked.getLast().messages())
        .extracting(Message::text)
        .containsExactly("House B.\n\nCaller.", "hi");
    assertThat(gateway.first(new ModelName("x"))).contains(new Answerer("a", "a"));
    assertThat(gateway.first(new ModelName("nobody"))).isEmpty();
  }

  @Test
  void theCallersOwnMistakeIsToldAtOnce() {
    var second = answering("b");
    var wrong =
        new LlmError.ProviderRefused("a", 400, Optional.empty(), "Bad tool.", Optional.empty());
    var gateway = gateway("x: {targets: [{model: a}, {model: b}]}", refusing("a", wrong), second);

    assertThat(refusal(gateway, "x")).isEqualTo(wrong);
    assertThat(second.asked).isEmpty();
  }

  @Test
  void whenAllRefuseTheFirstReasonIsTold() {
    var gateway =
        gateway("x: {targets: [{model: a}, {model: b}]}", refusing("a", BUSY), refusing("b", GONE));
    assertThat(refusal(gateway, "x")).isEqualTo(BUSY);
  }

  @Test
  void nobodyElseIsAskedForACallThatIsOver() {
    var second = answering("b");
    var first =
        TestProvider.of(
            "a",
            (_, _) -> {
              call.cancel(CancelReason.CLIENT_GONE);
              throw new LlmException(GONE);
            });
    var gateway = gateway("x: {targets: [{model: a}, {model: b}]}", first, second);

    refusal(gateway, "x");
    assertThat(second.asked).isEmpty();
  }

  @Test
  void aStreamThatBeganIsNotBegunElsewhere() throws LlmException {
    var second = answering("b");
    var broken =
        TestProvider.playing(
            "a", new StreamEvent.TextDelta("half"), new StreamEvent.Failed(GONE, Usage.NONE));
    var gateway = gateway("x: {targets: [{model: a}, {model: b}]}", broken, second);

    catchThrowableOfType(LlmException.class, () -> gateway.complete(ask("x", "hi"), call));
    assertThat(second.asked).isEmpty();
  }

  @Test
  void routesAreListedWithWhatAllTheirTargetsCanDo() throws LlmException {
    var gateway =
        gateway(
            "x: {targets: [{model: b}, {model: a}]}\n'any-*': {targets: [{model: '*'}]}",
            answering("a"),
            answering("b"));

    assertThat(gateway.models())
        .extracting(model -> model.info().id())
        .containsExactly("x", "a", "b");
    assertThat(gateway.model("x").orElseThrow().spec().contextTokens()).isEqualTo(900);
    assertThat(gateway.model("any-a")).isPresent();
    assertThat(gateway.model("any-z")).isEmpty();
    assertThat(gateway.resolve(Optional.of("x"))).isEqualTo(new ModelName("x"));
    assertThat(gateway.resolve(Optional.of("a"))).isEqualTo(new ModelName("a"));
    assertThat(refusal(gateway, "any-z")).isEqualTo(new LlmError.ModelNotFound("z"));
  }

  @Test
  void theSoonestOfLateIsAsked() throws LlmException {
    var slow = slow("a", Duration.ofMillis(800));
    var soon = slow("b", Duration.ofMillis(20));
    var gateway =
        gateway("x: {strategy: least_ttft, targets: [{model: a}, {model: b}]}", slow, soon);

    for (int i = 0; i < 200; i++) {
      StreamCheck.drain(gateway.stream(ask("x", "hi"), call));
    }

    assertThat(soon.asked.size()).isGreaterThan(170);
    assertThat(slow.asked).as("now and then").hasSizeGreaterThan(1);
  }

  @Test
  void whatATargetCannotDoForOneRequestIsNotHeldAgainstIt() throws LlmException {
    var soon =
        TestProvider.of(
            "a",
            (request, _) -> {
              if (request.maxTokens().isPresent()) {
                throw new LlmException(new LlmError.Unsupported("x", "It does not do this."));
              }
              clock.advance(Duration.ofMillis(20));
              return new TestProvider.Played(ANSWER);
            });
    var slow = slow("b", Duration.ofMillis(800));
    var gateway =
        gateway("x: {strategy: least_ttft, targets: [{model: a}, {model: b}]}", soon, slow);

    for (int i = 0; i < 100; i++) {
      StreamCheck.drain(gateway.stream(ask("x", "hi"), call));
      StreamCheck.drain(gateway.stream(ask("x", "hi").withMaxTokens(9), call));
    }

    assertThat(soon.asked.size()).isGreaterThan(170);
  }

  private TestProvider slow(String id, Duration firstToken) {
    return TestProvider.of(
        id,
        (_, _) -> {
          clock.advance(firstToken);
          return new TestProvider.Played(ANSWER);
        });
  }
}
