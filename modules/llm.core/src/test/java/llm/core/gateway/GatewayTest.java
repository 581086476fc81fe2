package llm.core.gateway;

import static llm.core.gateway.GatewayFixture.ask;
import static llm.core.gateway.GatewayFixture.ready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.StreamCheck;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.ProviderHealth;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The gateway: routing, checks and accounts")
class GatewayTest {
  private static final StreamEvent[] ANSWER = {
    new StreamEvent.Started("m"),
    new StreamEvent.TextDelta("hel"),
    new StreamEvent.TextDelta("lo"),
    new StreamEvent.Done(FinishReason.STOP, new Usage(10, 3, 4))
  };
  private static final ToolDefinition TOOL =
      new ToolDefinition("f", Optional.empty(), new JsonText("{}"));
  private static final String SMALL = "models: {m: {context_tokens: 60, max_output_tokens: 40}}";

  @Test
  void asksLocalByDefaultWhereItServesElseTheMock() throws LlmException {
    var both = GatewayFixture.with(playing("local"), playing("mock"));
    var mock = GatewayFixture.with(playing("mock"));
    var configured =
        GatewayFixture.of(Optional.of("other"), "", ready(playing("local"), playing("other")));

    assertThat(both.gateway.resolve(Optional.empty()).value()).isEqualTo("local");
    assertThat(mock.gateway.resolve(Optional.empty()).value()).isEqualTo("mock");
    assertThat(configured.gateway.defaultModel()).isEqualTo("other");
    assertThat(configured.gateway.resolve(Optional.empty()).value()).isEqualTo("other");
    assertThat(both.gateway.resolve(Optional.of("mock")).value()).isEqualTo("mock");
  }

  @Test
  void saysWhyAModelIsNotThere() {
    var absent = new ProviderSetup.Absent(List.of("local"), "Set providers.local.model.");
    var fixture = GatewayFixture.of(Optional.empty(), "", List.of(absent));

    assertThat(refusal(() -> fixture.gateway.resolve(Optional.of("local"))))
        .isEqualTo(new LlmError.ModelUnavailable("local", "Set providers.local.model."));
    assertThat(refusal(() -> fixture.gateway.resolve(Optional.of("nope"))))
        .isEqualTo(new LlmError.ModelNotFound("nope"));
    assertThat(refusal(() -> fixture.gateway.resolve(Optional.empty())))
        .isEqualTo(new LlmError.ModelNotFound("mock"));
    assertThat(refusal(() -> fixture.gateway.resolve(Optional.of(" "))))
        .isInstanceOf(LlmError.InvalidRequest.class);
    assertThat(refusal(() -> fixture.gateway.stream(ask("nope", "x"), fixture.call)))
        .isEqualTo(new LlmError.ModelNotFound("nope"));
    assertThat(fixture.gateway.health().get("local").status())
        .isEqualTo(ProviderHealth.Status.DOWN);
    assertThat(fixture.gateway.health().get("local").detail())
        .isEqualTo("absent: Set providers.local.model.");
  }

  @Test
  void listsModelsWithTheirProvidersKnowledgeFirst() {
    var own = new ModelSpec(77, 7, true, false, false, Optional.empty(), Optional.empty());
    var fixture =
        GatewayFixture.withCatalogue(
            "models: {m: {context_tokens: 60}, own: {context_tokens: 61}}",
            playing("m"),
            TestProvider.knowing("own", own, (_, _) -> new TestProvider.Played(ANSWER)));

    assertThat(fixture.gateway.models())
        .extracting(model -> model.info().id() + " " + model.spec().contextTokens())
        .containsExactly("m 60", "own 77");
    assertThat(fixture.gateway.model("own")).isPresent();
    assertThat(fixture.gateway.model("")).isEmpty();
    assertThat(fixture.gateway.model("nope")).isEmpty();
    assertThat(fixture.gateway.health()).containsOnlyKeys("m", "own");
  }

  @Test
  void gathersAWholeAnswer() throws LlmException {
    var fixture = GatewayFixture.with(playing("m"));

    var result = fixture.gateway.complete(ask("m", "hi"), fixture.call);

    assertThat(result.text()).isEqualTo("hello");
    assertThat(result.model()).isEqualTo("m");
    assertThat(result.usage().completionTokens()).isEqualTo(3);
  }

  @Test
  @DisplayName("D-5: what is wrong with an answer is logged, without what was said")
  void logsWhatIsWrongWithAnAnswer() throws LlmException {
    var fixture =
        GatewayFixture.with(
            TestProvider.playing(
                "m",
                new StreamEvent.ToolCallStarted(0, "c1", "never_offered"),
                new StreamEvent.ToolArgumentsDelta(0, "{\"secret\""),
                new StreamEvent.Done(FinishReason.LENGTH, Usage.of(1, 1))));

    fixture.gateway.complete(ask("m", "hi"), fixture.call);

    var findings = fixture.telemetry.events("answer_finding");
    assertThat(findings)
        .extracting(event -> event.level().name())
        .containsExactlyInAnyOrder("WARN", "WARN", "DEBUG");
    assertThat(findings.toString()).contains("never_offered").doesNotContain("secret");
  }

  @Test
  @DisplayName("D-1: min(asked, max output, window - prompt) goes on the wire")
  void sendsTheLeastOfTheLimits() throws LlmException {
    assertThat(sent(SMALL, ask("m", "hi").withMaxTokens(5))).contains(5);
    assertThat(sent(SMALL, ask("m", "hi").withMaxTokens(500))).contains(40);
    assertThat(sent(SMALL, ask("m", "x".repeat(160)))).contains(60 - 47);
    assertThat(sent(SMALL, ask("m", "x".repeat(160)).withMaxTokens(3))).contains(3);
    assertThat(sent("", ask("m", "hi"))).as("the model's own maximum needs no limit").isEmpty();
  }

  @Test
  void refusesAPromptThatFillsTheWindow() {
    var fixture = GatewayFixture.withCatalogue(SMALL, playing("m"));

    assertThat(refusal(() -> fixture.gateway.stream(ask("m", "x".repeat(400)), fixture.call)))
        .isEqualTo(new LlmError.ContextLengthExceeded("m", 107, 60));
    assertThat(fixture.eventNames()).containsExactly("LlmRequestCreated");
    assertThat(fixture.telemetry.events("llm_request").getFirst().text("error"))
        .contains("context_length_exceeded");
    assertThat(metrics(fixture)).contains("llm_requests_total{model=\"m\",status=\"error\"} 1");
  }

  @Test
  void countsExactlyOnlyWhereTheWindowIsClose() throws LlmException {
    String yaml = "models: {m: {context_tokens: 60, max_output_tokens: 40, encoding: o200k_base}}";
    String words = "hello ".repeat(20);

    assertThat(sent(yaml, ask("m", words))).as("120 bytes, 21 tokens").contains(60 - 28);
    assertThat(sent(yaml, ask("m", "ü😀").withMaxTokens(20))).contains(20);
  }

  @Test
  void leavesLimitsToAProviderThatKnowsItsModel() throws LlmException {
    var spec = new ModelSpec(20, 10, true, false, false, Optional.empty(), Optional.empty());
    var provider = TestProvider.knowing("local", spec, (_, _) -> new TestProvider.Played(ANSWER));
    var fixture = GatewayFixture.with(provider);

    StreamCheck.drain(
        fixture.gateway.stream(ask("local", "x".repeat(999)).withMaxTokens(500), fixture.call));

    assertThat(provider.asked.getFirst().maxTokens()).contains(500);
  }

  @Test
  void refusesToolsForAModelThatCallsNoneUnlessTheyMayNotBeCalled() throws LlmException {
    var provider = playing("m");
    var fixture = GatewayFixture.withCatalogue("models: {m: {tools: false}}", provider);

    var error =
        (LlmError.Unsupported)
            refusal(() -> fixture.gateway.stream(withTools(new ToolChoice.Auto()), fixture.call));
    assertThat(error.path()).isEqualTo("tools");

    StreamCheck.drain(fixture.gateway.stream(withTools(new ToolChoice.None()), fixture.call));
    assertThat(provider.asked).singleElement().extracting(ChatRequest::tools).isEqualTo(List.of());
  }

  @Test
  void startsNothingForACallThatIsOver() {
    var provider = playing("m");
    var late = GatewayFixture.with(provider);
    late.clock.advance(Duration.ofHours(2));
    var gone = GatewayFixture.with(provider);
    gone.call.cancel(CancelReason.CLIENT_GONE);

    assertThat(refusal(() -> late.stream("m"))).isInstanceOf(LlmError.DeadlineExceeded.class);
    assertThat(refusal(() -> gone.stream("m")))
        .isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
    assertThat(provider.asked).isEmpty();
    assertThat(metrics(gone)).contains("llm_requests_total{model=\"m\",status=\"cancelled\"} 1");
  }

  @Test
  @DisplayName("D-4: all events of a good exchange, in order")
  void publishesTheEventsOfAnAnswer() throws LlmException {
    var fixture = GatewayFixture.with(playing("m"));

    StreamCheck.drain(fixture.stream("m"));

    assertThat(fixture.eventNames())
        .containsExactly(
            "LlmRequestCreated",
            "LlmRequestValidated",
            "LlmInteractionStarted",
            "LlmRequestSent",
            "LlmResponseReceived",
            "LlmResponseProcessed",
            "LlmInteractionCompleted");
    assertThat(fixture.events)
        .extracting(event -> event.requestId())
        .containsOnly(fixture.events.getFirst().requestId());
  }

  @Test
  @DisplayName("D-4: the events of a failure")
  void publishesTheEventsOfARefusalAndOfAFailure() throws LlmException {
    var error = new LlmError.QueueFull("m", 1, Duration.ofSeconds(1));
    var refusing =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, _) -> {
                  throw new LlmException(error);
                }));
    var failing =
        GatewayFixture.with(
            TestProvider.playing(
                "m", new StreamEvent.Failed(new LlmError.ProviderFailed("m", "x"), Usage.NONE)));

    assertThat(refusal(() -> refusing.stream("m"))).isEqualTo(error);
    StreamCheck.drain(failing.stream("m"));

    assertThat(refusing.eventNames()).endsWith("LlmRequestSent", "LlmInteractionFailed");
    assertThat(failing.eventNames()).endsWith("LlmRequestSent", "LlmInteractionFailed");
    refusing.call.end();
    assertThat(refusing.clock.alarmCount()).isZero();
  }

  @Test
  void turnsAProvidersBugIntoAnInternalError() {
    var throwing =
        GatewayFixture.with(
            TestProvider.of(
                "m",
                (_, _) -> {
                  throw new IllegalStateException("bug");
                }));
    var empty = GatewayFixture.with(TestProvider.of("m", (_, _) -> null));

    assertThat(refusal(() -> throwing.stream("m"))).isEqualTo(new LlmError.Internal());
    assertThat(refusal(() -> empty.stream("m"))).isEqualTo(new LlmError.Internal());
    assertThat(throwing.telemetry.events("provider_threw")).hasSize(1);
  }

  @Test
  @DisplayName("O-2, O-1: metrics and the one line of a request")
  void keepsTheAccountOfARequest() throws LlmException {
    var fixture = GatewayFixture.with(playing("m"));
    var stream = fixture.stream("m");
    assertThat(metrics(fixture)).contains("llm_streams_active 1");
    stream.next();
    fixture.clock.advance(Duration.ofMillis(50));
    stream.next();
    fixture.clock.advance(Duration.ofMillis(500));
    stream.next();
    stream.next();
    stream.close();

    assertThat(metrics(fixture))
        .contains(
            "llm_streams_active 0",
            "llm_requests_total{model=\"m\",status=\"success\"} 1",
            "llm_request_duration_seconds_sum{model=\"m\",status=\"success\"} 0.55",
            "llm_request_duration_seconds_bucket{model=\"m\",status=\"success\",le=\"0.64\"} 1",
            "llm_time_to_first_token_seconds_bucket{model=\"m\",le=\"0.04\"} 0",
            "llm_time_to_first_token_seconds_bucket{model=\"m\",le=\"0.06\"} 1",
            "llm_tokens_total{model=\"m\",kind=\"prompt\"} 10",
            "llm_tokens_total{model=\"m\",kind=\"completion\"} 3",
            "llm_tokens_total{model=\"m\",kind=\"cached\"} 4",
            "llm_proxy_tokens_per_second{model=\"m\"} 4");
    assertThat(fixture.telemetry.events("llm_request"))
        .singleElement()
        .extracting(event -> event.fields())
        .isEqualTo(
            Map.ofEntries(
                Map.entry("request_id", "call-1"),
                Map.entry("principal", "local"),
                Map.entry("llm_request_id", fixture.events.getFirst().requestId().toString()),
                Map.entry("model", "m"),
                Map.entry("provider", "m"),
                Map.entry("status", "success"),
                Map.entry("finish_reason", "stop"),
                Map.entry("duration_ms", 550.0),
                Map.entry("ttft_ms", 50.0),
                Map.entry("prompt_tokens", 10L),
                Map.entry("completion_tokens", 3L),
                Map.entry("tokens_per_second", 4.0)));
    assertThat(fixture.telemetry.events("chunk")).hasSize(3);
  }

  @Test
  void countsACancelledRequestAsSuch() throws LlmException {
    var fixture =
        GatewayFixture.with(
            TestProvider.playing("m", new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE)));

    StreamCheck.drain(fixture.stream("m"));

    assertThat(metrics(fixture)).contains("llm_requests_total{model=\"m\",status=\"cancelled\"} 1");
    assertThat(fixture.telemetry.events("llm_request").getFirst().text("cancel_reason"))
        .contains("user");
  }

  @Test
  void closesEveryProviderWhateverOneOfThemDoes() {
    var stuck = playing("unclosable");
    var other = playing("m");
    var fixture = GatewayFixture.with(stuck, other);

    fixture.gateway.close();

    assertThat(stuck.closed).isTrue();
    assertThat(other.closed).isTrue();
    assertThat(fixture.telemetry.events("provider_close_failed")).hasSize(1);
  }

  private static Optional<Integer> sent(String catalogue, ChatRequest request) throws LlmException {
    var provider = playing("m");
    var fixture = GatewayFixture.withCatalogue(catalogue, provider);
    StreamCheck.drain(fixture.gateway.stream(request, fixture.call));
    return provider.asked.getFirst().maxTokens();
  }

  private static ChatRequest withTools(ToolChoice choice) {
    return new ChatRequest(
        new ModelName("m"),
        List.of(Message.user("hi")),
        List.of(TOOL),
        choice,
        SamplingOptions.DEFAULTS,
        Optional.empty(),
        Extensions.NONE);
  }

  private static TestProvider playing(String id) {
    return TestProvider.of(id, (_, _) -> new TestProvider.Played(ANSWER));
  }

  private static List<String> metrics(GatewayFixture fixture) {
    return new ArrayList<>(fixture.telemetry.metrics().prometheusText().lines().toList());
  }

  private static LlmError refusal(org.assertj.core.api.ThrowableAssert.ThrowingCallable attempt) {
    var thrown = catchThrowableOfType(LlmException.class, attempt);
    assertThat(thrown).as("must be refused").isNotNull();
    return thrown.error();
  }
}
