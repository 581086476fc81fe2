package llm.providers.mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ProviderHealth;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: the mock")
class MockProviderTest {
  private static final String AT_ONCE = "providers: {mock: {delay_ms: 0, first_token_delay_ms: 0}}";
  private static final ToolDefinition WEATHER =
      new ToolDefinition(
          "get_weather",
          Optional.of("The weather."),
          new JsonText(
              "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"},"
                  + "\"days\":{\"type\":\"integer\",\"minimum\":3}},"
                  + "\"required\":[\"city\",\"days\"]}"));

  private final ManualClock clock = new ManualClock();
  private final CallScope call = Calls.open(clock);
  private final ChatProvider mock = provider(AT_ONCE);

  @Test
  void saysBackTheLastUserMessageWordByWord() throws LlmException {
    var request =
        ask(
            "mock",
            Message.user("first"),
            Message.assistant("no"),
            Message.user("Hi  there,\nüß😀"));

    List<StreamEvent> events = StreamCheck.drain(mock.stream(request, call));

    assertThat(events)
        .startsWith(
            new StreamEvent.Started("mock"),
            new StreamEvent.TextDelta("Echo:"),
            new StreamEvent.TextDelta(" Hi"),
            new StreamEvent.TextDelta("  there,"),
            new StreamEvent.TextDelta("\nüß😀"));
    var done = (StreamEvent.Done) events.getLast();
    assertThat(done.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(done.usage().completionTokens()).isEqualTo(5);
    assertThat(done.usage().promptTokens()).isPositive();
  }

  @Test
  void saysBackTheLastMessageWhereNoUserSpoke() throws LlmException {
    assertThat(mock.complete(ask("mock", Message.system("be kind")), call).text())
        .isEqualTo("Echo: be kind");
  }

  @Test
  void stopsAtAStopString() throws LlmException {
    var request =
        ask("mock", Message.user("one two three"))
            .withSampling(
                SamplingOptions.builder()
                    .seed(7)
                    .frequencyPenalty(2)
                    .logitBias(Map.of(1, 100.0))
                    .stop(List.of("three", " two"))
                    .build());

    ChatResult result = mock.complete(request, call);

    assertThat(result.text()).isEqualTo("Echo: one");
    assertThat(result.finishReason()).isEqualTo(FinishReason.STOP);
  }

  @Test
  void hasNoLogProbabilities() {
    var request =
        ask("mock", Message.user("hi"))
            .withSampling(SamplingOptions.builder().topLogprobs(0).build());

    var refused = catchThrowableOfType(LlmException.class, () -> mock.stream(request, call));

    assertThat(refused.error())
        .isEqualTo(
            new LlmError.Unsupported(
                "logprobs",
                "Model 'mock' chooses no tokens and has no log probabilities; leave logprobs"
                    + " out."));
  }

  @Test
  void isCutByTheOutputLimit() throws LlmException {
    ChatResult result =
        mock.complete(ask("mock", Message.user("a😀b c d e f g")).withMaxTokens(2), call);

    assertThat(result.text()).isEqualTo("Echo: a😀");
    assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(result.usage().completionTokens()).isEqualTo(2);
  }

  @Test
  void cutsNoCharacterInTwoInALongWord() throws LlmException {
    String word = "a" + "😀".repeat(1_000);

    List<StreamEvent> events =
        StreamCheck.drain(mock.stream(ask("mock", Message.user(word)), call));

    assertThat(StreamCheck.text(events)).isEqualTo("Echo: " + word);
    assertThat(events).hasSizeGreaterThan(8);
  }

  @Test
  void callsAToolOnlyWhenItMust() throws LlmException {
    assertThat(mock.complete(withTool("mock", new ToolChoice.Auto()), call).toolCalls()).isEmpty();
    assertThat(mock.complete(withTool("mock", new ToolChoice.None()), call).toolCalls()).isEmpty();
    for (ToolChoice must :
        List.of(new ToolChoice.Required(), new ToolChoice.Named("get_weather"))) {
      ChatResult result = mock.complete(withTool("mock", must), call);
      assertThat(result.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
      assertThat(result.toolCalls().getFirst().arguments())
          .isEqualTo(new JsonText("{\"city\":\"demo\",\"days\":3}"));
    }
  }

  @Test
  void playsADemoThatSaysItIsOne() throws LlmException {
    ChatResult byModel = mock.complete(ask("mock-demo", Message.user("hi")), call);
    ChatResult byCommand = mock.complete(ask("mock", Message.user(" /demo ")), call);
    ChatResult withoutCall = mock.complete(withTool("mock-demo", new ToolChoice.None()), call);

    assertThat(byModel.text()).startsWith("This is a scripted demo: no model is running");
    assertThat(byCommand.text()).isEqualTo(byModel.text());
    assertThat(withoutCall.toolCalls()).isEmpty();
  }

  @Test
  void playsAToolCallAndAnswersWithItsResult() throws LlmException {
    ChatRequest request = withTool("mock-demo", new ToolChoice.Auto());
    List<StreamEvent> events = StreamCheck.drain(mock.stream(request, call));
    ChatResult first = mock.complete(request, call);

    assertThat(events.stream().filter(StreamEvent.ToolArgumentsDelta.class::isInstance).count())
        .as("arguments come in fragments")
        .isGreaterThan(1);
    assertThat(first.finishReason()).isEqualTo(FinishReason.TOOL_CALLS);
    ToolCall made = first.toolCalls().getFirst();
    assertThat(made.name()).isEqualTo("get_weather");
    assertThat(made.id()).matches("call_[0-9a-f]{24}");

    var messages = new ArrayList<>(request.messages());
    messages.add(Message.assistant(first.text(), first.toolCalls()));
    messages.add(Message.tool(made.id(), "sunny, " + "x".repeat(9_000)));
    ChatResult second = mock.complete(request.withMessages(_ -> messages), call);

    assertThat(second.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(second.text()).contains("The tool answered: sunny, ").hasSizeLessThan(700);
  }

  @Test
  void cutsAToolCallByTheOutputLimitToo() throws LlmException {
    ChatRequest must = withTool("mock", new ToolChoice.Required());

    ChatResult cut = mock.complete(must.withMaxTokens(2), call);
    ChatResult none =
        mock.complete(withTool("mock-demo", new ToolChoice.Auto()).withMaxTokens(1), call);

    assertThat(cut.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(cut.toolCalls().getFirst().arguments().value()).isEqualTo("{\"city\":");
    assertThat(none.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(none.toolCalls()).isEmpty();
  }

  @Test
  void keepsItsPaceByTheClock() throws Exception {
    ChatProvider paced = provider("providers: {mock: {delay_ms: 30, first_token_delay_ms: 100}}");
    var seen = new LinkedBlockingQueue<StreamEvent>();
    var stream = paced.stream(ask("mock", Message.user("you")), call);
    Thread.ofVirtual()
        .start(() -> {
          try (stream) {
            StreamEvent event;
            do {
              event = stream.next();
              seen.add(event);
            } while (!(event instanceof StreamEvent.Terminal));
          } catch (LlmException thrown) {
            throw new AssertionError(thrown);
          }
        });

    assertThat(take(seen)).isInstanceOf(StreamEvent.Started.class);
    step(Duration.ofMillis(99));
    assertThat(seen).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(take(seen)).isEqualTo(new StreamEvent.TextDelta("Echo:"));
    step(Duration.ofMillis(30));
    assertThat(take(seen)).isEqualTo(new StreamEvent.TextDelta(" you"));
    assertThat(take(seen)).as("no pause before the end").isInstanceOf(StreamEvent.Done.class);
  }

  @Test
  void endsRunningStreamsAsShutDownWhenItCloses() throws LlmException {
    var stream = mock.stream(ask("mock", Message.user("a b c")), call);
    stream.next();

    mock.close();

    assertThat(cancelReason(stream)).isEqualTo(CancelReason.SHUTDOWN);
    assertThat(mock.health().status()).isEqualTo(ProviderHealth.Status.DOWN);
    assertThat(
            catchThrowableOfType(
                    LlmException.class,
                    () -> mock.stream(ask("mock", Message.user("x")), Calls.open(clock)))
                .error())
        .isInstanceOf(LlmError.ModelUnavailable.class);
  }

  @Test
  void refusesModelsItDoesNotHave() {
    assertThat(
            catchThrowableOfType(
                    LlmException.class, () -> mock.stream(ask("gpt", Message.user("x")), call))
                .error())
        .isEqualTo(new LlmError.ModelNotFound("gpt"));
    assertThat(mock.models()).extracting(model -> model.id()).containsExactly("mock", "mock-demo");
    assertThat(mock.health().status()).isEqualTo(ProviderHealth.Status.UP);
  }

  @Test
  void isAbsentWithAReasonWhenItIsSwitchedOff() {
    var setup = setup(TestConfig.yaml("providers: {mock: {enabled: false}}"));

    assertThat(setup)
        .isEqualTo(
            new ProviderSetup.Absent(
                List.of("mock", "mock-demo"),
                "The mock is switched off; set providers.mock.enabled to true."));
  }

  @Test
  void readsItsSettingsAndRefusesBadOnes() {
    var defaults = MockSettings.read(TestConfig.empty().section("providers.mock"));
    assertThat(defaults)
        .isEqualTo(
            new MockSettings(true, Duration.ofMillis(20), Duration.ofMillis(20), Optional.empty()));
    for (String bad :
        List.of("enabled: maybe", "delay_ms: -1", "first_token_delay_ms: 1e9", "x: 1")) {
      var config = TestConfig.yaml("providers: {mock: {" + bad + "}}");
      setup(config);
      assertThat(config.problems()).singleElement().asString().contains("providers.mock.");
    }
  }

  private void step(Duration time) {
    long until = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (clock.alarmCount() < 2 && System.nanoTime() < until) {
      Thread.yield(); // until the consumer waits: its pause is the second alarm
    }
    clock.advance(time);
  }

  private static StreamEvent take(LinkedBlockingQueue<StreamEvent> seen)
      throws InterruptedException {
    StreamEvent event = seen.poll(10, TimeUnit.SECONDS);
    assertThat(event).as("an event within 10 s").isNotNull();
    return event;
  }

  private ChatProvider provider(String yaml) {
    var config = TestConfig.yaml(yaml);
    var setup = (ProviderSetup.Ready) setup(config);
    assertThat(config.problems()).isEmpty();
    return setup.provider();
  }

  private ProviderSetup setup(TestConfig config) {
    return new MockProviderFactory()
        .create(
            new ProviderContext(
                config.section("providers.mock"),
                new RecordingTelemetry(),
                clock,
                IdSource.RANDOM,
                Optional.empty()));
  }

  private static ChatRequest ask(String model, Message... messages) {
    return ChatRequest.of(new ModelName(model), List.of(messages));
  }

  private static ChatRequest withTool(String model, ToolChoice choice) {
    return new ChatRequest(
        new ModelName(model),
        List.of(Message.user("How is the weather?")),
        List.of(WEATHER),
        choice,
        SamplingOptions.DEFAULTS,
        Optional.empty(),
        Extensions.NONE);
  }

  private static CancelReason cancelReason(EventStream<StreamEvent> stream) throws LlmException {
    StreamEvent event;
    do {
      event = stream.next();
    } while (!(event instanceof StreamEvent.Terminal));
    return ((StreamEvent.Cancelled) event).reason();
  }
}
