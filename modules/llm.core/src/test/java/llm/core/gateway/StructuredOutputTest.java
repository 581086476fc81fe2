package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.CallScope;
import llm.core.gateway.schema.SchemaSettings;
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
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.SchemaSupport;
import llm.domain.port.Continuation;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("T-7: answers fit the schema that was asked for, or are none")
class StructuredOutputTest {
  private static final String SCHEMA =
      "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"],"
          + "\"additionalProperties\":false}";
  private static final String GOOD = "{\"n\":1}";
  private static final String BAD = "{\"n\":\"secret words\"}";
  private static final Usage ROUND = new Usage(10, 5, 2);
  private static final Usage TWO_ROUNDS = new Usage(20, 10, 4);

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final CallScope call = Calls.open("call-1", clock, Duration.ofHours(1));
  private final Deque<StreamEvent[]> scripted = new ArrayDeque<>();
  private final TestProvider provider =
      TestProvider.of("a", (_, _) -> new TestProvider.Played(scripted.remove()));

  private static StreamEvent[] answer(String text) {
    return answer(text, FinishReason.STOP);
  }

  private static StreamEvent[] answer(String text, FinishReason end) {
    int half = text.length() / 2;
    return new StreamEvent[] {
      new StreamEvent.Started("a"),
      new StreamEvent.TextDelta(text.substring(0, half)),
      new StreamEvent.TextDelta(text.substring(half)),
      new StreamEvent.Done(end, ROUND)
    };
  }

  private static ChatRequest ask(String model) {
    return ask(model, SCHEMA, true);
  }

  private static ChatRequest ask(String model, String schema, boolean strict) {
    ChatRequest plain = GatewayFixture.ask(model, "hi");
    return plain.withForm(
        plain
            .form()
            .withFormat(
                new ResponseFormat.JsonSchema(
                    "s", Optional.of("a number"), new JsonText(schema), strict)));
  }

  private Gateway gateway(SchemaSupport support, StreamEvent[]... answers) {
    return gateway(SchemaSettings.DEFAULTS, support, answers);
  }

  private Gateway gateway(
      SchemaSettings settings, SchemaSupport support, StreamEvent[]... answers) {
    scripted.addAll(Arrays.asList(answers));
    provider.schemas = support;
    var defaults = GatewaySettings.DEFAULTS;
    var all =
        new GatewaySettings(
            Optional.empty(),
            Optional.empty(),
            defaults.firstTokenTimeout(),
            defaults.idleTimeout(),
            1,
            0,
            false,
            settings,
            false);
    return Gateway.of(
        all,
        GatewayFixture.ready(provider),
        Catalogue.read(TestConfig.yaml("").root()),
        telemetry,
        clock,
        IdSource.RANDOM,
        _ -> {});
  }

  private ChatResult complete(Gateway gateway) throws LlmException {
    return gateway.complete(ask("a"), call);
  }

  private List<StreamEvent> stream(Gateway gateway) throws LlmException {
    return StreamCheck.drain(gateway.stream(ask("a"), call));
  }

  private static LlmError failure(List<StreamEvent> events) {
    assertThat(events.getLast()).isInstanceOf(StreamEvent.Failed.class);
    return ((StreamEvent.Failed) events.getLast()).error();
  }

  private String misfits() {
    return telemetry.events("schema_misfit").stream()
        .map(event -> event.text("outcome").orElseThrow())
        .toList()
        .toString();
  }

  @ParameterizedTest
  @EnumSource(names = {"JSON_MODE", "WORDS"})
  void aSchemaIsToldInWordsToWhoTakesNone(SchemaSupport support) throws LlmException {
    var gateway = gateway(support, answer(GOOD));
    ChatRequest request =
        ask("a").withMessages(_ -> List.of(Message.system("Be brief."), Message.user("hi")));

    assertThat(gateway.complete(request, call).text()).isEqualTo(GOOD);

    ChatRequest sent = provider.asked.getFirst();
    assertThat(sent.form().format())
        .isInstanceOf(
            support == SchemaSupport.WORDS
                ? ResponseFormat.Text.class
                : ResponseFormat.JsonObject.class);
    assertThat(sent.messages()).hasSize(2);
    assertThat(sent.messages().getFirst().text())
        .startsWith("Be brief.\n\n")
        .contains("JSON Schema", "a number")
        .endsWith(SCHEMA);
    assertThat(call.notes()).doesNotContainKey("x-llm-repaired");
    assertThat(misfits()).isEqualTo("[]");
  }

  @Test
  void anObjectModeIsNotAskedForWhatIsNoObject() throws LlmException {
    var gateway = gateway(SchemaSupport.JSON_MODE, answer("[1]"));
    var request = ask("a", "{\"type\":\"array\"}", false);
    assertThat(gateway.complete(request, call).text()).isEqualTo("[1]");
    assertThat(provider.asked.getFirst().form().format()).isInstanceOf(ResponseFormat.Text.class);
    assertThat(provider.asked.getFirst().messages().getFirst().role()).isEqualTo(Role.SYSTEM);
  }

  @Test
  void whoTakesASchemaGetsItAsItIs() throws LlmException {
    var gateway = gateway(SchemaSupport.NATIVE, answer(GOOD));
    complete(gateway);
    assertThat(provider.asked.getFirst().form()).isEqualTo(ask("a").form());
    assertThat(provider.asked.getFirst().messages()).hasSize(1);
  }

  @Test
  void anAnswerThatDoesNotFitIsMendedOnceAndBothRoundsAreCounted() throws LlmException {
    ChatResult result = complete(gateway(SchemaSupport.WORDS, answer(BAD), answer(GOOD)));

    assertThat(result.text()).isEqualTo(GOOD);
    assertThat(result.usage()).isEqualTo(TWO_ROUNDS);
    List<Message> messages = provider.asked.getLast().messages();
    assertThat(messages).hasSize(4);
    assertThat(messages.get(2)).isEqualTo(Message.assistant(BAD));
    assertThat(messages.getLast().text())
        .contains("n: expected a whole number, found a string ($.properties.n.type)");
    assertThat(call.notes()).containsEntry("x-llm-repaired", "1");
    assertThat(misfits()).isEqualTo("[repaired]");
    assertThat(telemetry.events("schema_misfit").toString()).doesNotContain("secret");
    assertThat(telemetry.events("llm_request")).hasSize(2);
  }

  @Test
  void anAnswerThatIsNotMendedIsAnError() {
    var gateway = gateway(SchemaSupport.WORDS, answer(BAD), answer("{}"));
    assertThatThrownBy(() -> complete(gateway))
        .isInstanceOfSatisfying(
            LlmException.class,
            failure ->
                assertThat(failure.error())
                    .isInstanceOfSatisfying(
                        LlmError.InvalidAnswer.class,
                        error ->
                            assertThat(error.message())
                                .contains("'n'", "missing", "$.required", "even after")));
    assertThat(provider.asked).hasSize(2);
    assertThat(misfits()).isEqualTo("[unrepaired]");
  }

  @Test
  void nobodyIsAskedAgainWhereThatIsNotWanted() {
    var gateway = gateway(new SchemaSettings(false, true), SchemaSupport.WORDS, answer("no JSON"));
    assertThatThrownBy(() -> complete(gateway)).hasMessageContaining("no JSON: ");
    assertThat(provider.asked).hasSize(1);
    assertThat(misfits()).isEqualTo("[refused]");
  }

  @Test
  void whatWasCutSaysSoAndIsNotJudged() throws LlmException {
    var gateway =
        gateway(
            SchemaSupport.WORDS,
            answer("{\"n\":", FinishReason.LENGTH),
            answer(BAD),
            answer("{\"n", FinishReason.LENGTH));
    ChatResult first = complete(gateway);
    assertThat(first.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(first.text()).isEqualTo("{\"n\":");
    ChatResult mended = complete(gateway);
    assertThat(mended.finishReason()).isEqualTo(FinishReason.LENGTH);
    assertThat(mended.usage()).isEqualTo(TWO_ROUNDS);
    assertThat(misfits()).isEqualTo("[unfinished]");
  }

  @Test
  void refusalsAndCallsOfToolsAreNoAnswers() throws LlmException {
    var gateway =
        gateway(
            SchemaSupport.WORDS,
            new StreamEvent[] {
              new StreamEvent.RefusalStarted(),
              new StreamEvent.TextDelta("I will not."),
              new StreamEvent.Done(FinishReason.STOP, ROUND)
            },
            new StreamEvent[] {
              new StreamEvent.ToolCallStarted(0, "id", "now"),
              new StreamEvent.ToolArgumentsDelta(0, "{}"),
              new StreamEvent.Done(FinishReason.TOOL_CALLS, ROUND)
            });
    assertThat(complete(gateway).isRefusal()).isTrue();
    assertThat(complete(gateway).toolCalls()).hasSize(1);
  }

  @Test
  void aFenceAroundTheAnswerIsTakenAway() throws LlmException {
    var gateway = gateway(SchemaSupport.WORDS, answer("```json\n" + GOOD + "\n```\n"));
    assertThat(complete(gateway).text()).isEqualTo(GOOD);
    assertThat(provider.asked).hasSize(1);
  }

  @Test
  void aStrictAnswerOfWhoTakesSchemasIsJudgedWhereItIsWhole() throws LlmException {
    var gateway = gateway(SchemaSupport.NATIVE, answer(BAD), answer(GOOD), answer(BAD));
    assertThat(complete(gateway).text()).isEqualTo(GOOD);
    assertThat(provider.asked.getLast().form()).isEqualTo(ask("a").form());
    ChatResult lax = gateway.complete(ask("a", SCHEMA, false), call);
    assertThat(lax.text()).isEqualTo(BAD);
  }

  @Test
  void whatAProviderTakesAndWeCannotJudgeIsLeftToIt() throws LlmException {
    var gateway = gateway(SchemaSupport.NATIVE, answer("\"x\""));
    String ahead = "{\"type\":\"string\",\"pattern\":\"^(?=a)\"}";
    assertThat(gateway.complete(ask("a", ahead, true), call).text()).isEqualTo("\"x\"");
  }

  @Test
  void aSchemaThatNobodyCouldJudgeByIsRefusedBeforeAnybodyIsAsked() {
    var gateway = gateway(SchemaSupport.WORDS);
    assertThatThrownBy(
            () -> gateway.complete(ask("a", "{\"properties\":{\"a\":{\"type\":1}}}", true), call))
        .isInstanceOfSatisfying(
            LlmException.class,
            refusal -> {
              assertThat(refusal.error()).isInstanceOf(LlmError.InvalidRequest.class);
              assertThat(refusal.error().message()).contains("$.properties.a.type");
            });
    assertThat(provider.asked).isEmpty();
  }

  @Test
  void whoIsSetToTakeNoneRefuses() {
    var gateway = gateway(SchemaSupport.NONE);
    assertThatThrownBy(() -> complete(gateway))
        .isInstanceOfSatisfying(
            LlmException.class,
            refusal -> assertThat(refusal.error()).isInstanceOf(LlmError.Unsupported.class))
        .hasMessageContaining("json_schema");
  }

  @Test
  void aStreamIsSeenOnceItIsJudged() throws LlmException {
    var gateway = gateway(SchemaSupport.WORDS, answer(BAD), answer(GOOD));
    try (var stream = gateway.stream(ask("a"), call)) {
      assertThat(stream.hasReady()).isFalse();
      var events = new ArrayList<StreamEvent>();
      do {
        events.add(stream.next());
        assertThat(stream.hasReady()).isEqualTo(!(events.getLast() instanceof StreamEvent.Done));
      } while (!(events.getLast() instanceof StreamEvent.Terminal));
      assertThat(events)
          .containsExactly(
              new StreamEvent.Started("a"),
              new StreamEvent.TextDelta(GOOD),
              new StreamEvent.Done(FinishReason.STOP, TWO_ROUNDS));
    }
    assertThat(call.notes()).containsEntry("x-llm-repaired", "1");
  }

  @Test
  void aStreamThatIsNotMendedFailsAndNothingOfItIsSeen() throws LlmException {
    List<StreamEvent> events = stream(gateway(SchemaSupport.WORDS, answer(BAD), answer(BAD)));
    assertThat(events).hasSize(1);
    assertThat(failure(events)).isInstanceOf(LlmError.InvalidAnswer.class);
    assertThat(((StreamEvent.Failed) events.getLast()).usage()).isEqualTo(TWO_ROUNDS);
  }

  @Test
  void aStreamThatWasCutSaysSo() throws LlmException {
    var events = stream(gateway(SchemaSupport.WORDS, answer("{\"n\"", FinishReason.LENGTH)));
    assertThat(StreamCheck.text(events)).isEqualTo("{\"n\"");
    assertThat(events.getLast()).isEqualTo(new StreamEvent.Done(FinishReason.LENGTH, ROUND));
  }

  @Test
  void aStreamOfWhoTakesSchemasPassesAsItComes() throws LlmException {
    var events = stream(gateway(SchemaSupport.NATIVE, answer(BAD)));
    assertThat(events).containsExactly(answer(BAD));
  }

  @Test
  void aStreamThatIsClosedWhileItIsMendedEnds() throws LlmException {
    var streams = new ArrayList<EventStream<StreamEvent>>();
    var slow =
        TestProvider.of(
            "a",
            (_, own) -> {
              if (!streams.isEmpty()) {
                streams.getFirst().close(); // the consumer leaves while the second round is asked
                throw new LlmException(new LlmError.Cancelled(own.cancelled().orElseThrow()));
              }
              return new TestProvider.Played(answer(BAD));
            });
    slow.schemas = SchemaSupport.WORDS;
    var fixture = GatewayFixture.with(slow);
    EventStream<StreamEvent> stream = fixture.gateway.stream(ask("a"), fixture.call);
    streams.add(stream);
    assertThat(stream.next()).isEqualTo(new StreamEvent.Cancelled(CancelReason.CLOSED, ROUND));
    assertThatThrownBy(stream::next).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whoCannotBeAskedAgainSaysWhy() {
    var failing =
        TestProvider.of(
            "a",
            (request, _) -> {
              if (request.messages().size() > 2) {
                throw new LlmException(new LlmError.ProviderUnreachable("a", "No connection."));
              }
              return new TestProvider.Played(answer(BAD));
            });
    failing.schemas = SchemaSupport.WORDS;
    var fixture = GatewayFixture.with(failing);
    assertThatThrownBy(() -> fixture.gateway.complete(ask("a"), fixture.call))
        .hasMessageContaining("No connection");
  }

  @Test
  void anAnswerThatAnotherGoesOnWithIsHeldToItsSchema() throws LlmException {
    var cut = new LlmError.ProviderFailed("a", "Provider 'a' was cut.");
    for (var rest : Map.of("1}", true, "\"x\"}", false, "1", false).entrySet()) {
      var second =
          TestProvider.playing(
              "b",
              new StreamEvent.TextDelta(rest.getKey()),
              new StreamEvent.Done(FinishReason.STOP, ROUND));
      second.continuation = Continuation.PREFILLED;
      var first =
          TestProvider.playing(
              "a",
              new StreamEvent.Started("a"),
              new StreamEvent.TextDelta("{\"n\":"),
              new StreamEvent.Failed(cut, ROUND));
      var events = StreamCheck.drain(routed(first, second).stream(ask("r"), call));
      if (rest.getValue()) {
        assertThat(StreamCheck.text(events)).isEqualTo(GOOD);
        assertThat(events.getLast()).isInstanceOf(StreamEvent.Done.class);
      } else {
        assertThat(failure(events)).isInstanceOf(LlmError.InvalidAnswer.class);
      }
    }
  }

  @Test
  void whoGoesOnWithoutTakingSchemasIsHeldBackWhereNothingWasSaid() throws LlmException {
    var cut = new LlmError.ProviderFailed("a", "Provider 'a' was cut.");
    var first =
        TestProvider.playing(
            "a", new StreamEvent.Started("a"), new StreamEvent.Failed(cut, Usage.NONE));
    var rounds = new ArrayDeque<>(List.of(answer(BAD), answer(GOOD)));
    var second = TestProvider.of("b", (_, _) -> new TestProvider.Played(rounds.remove()));
    second.schemas = SchemaSupport.WORDS;
    var events = StreamCheck.drain(routed(first, second).stream(ask("r"), call));
    assertThat(StreamCheck.text(events)).isEqualTo(GOOD);
    assertThat(second.asked).hasSize(2);
    assertThat(first.asked).hasSize(1);
  }

  @Test
  void whatNobodySawOfABrokenAnswerIsForgotten() throws LlmException {
    var cut = new LlmError.ProviderFailed("a", "Provider 'a' was cut.");
    var first =
        TestProvider.playing(
            "a",
            new StreamEvent.Started("a"),
            new StreamEvent.TextDelta("{\"n\":\"on"),
            new StreamEvent.Failed(cut, ROUND));
    var second = TestProvider.playing("b", answer(GOOD));
    first.schemas = SchemaSupport.WORDS;
    second.schemas = SchemaSupport.WORDS;
    var events = StreamCheck.drain(routed(first, second).stream(ask("r"), call));
    assertThat(StreamCheck.text(events)).isEqualTo(GOOD);
    assertThat(events.getLast()).isEqualTo(new StreamEvent.Done(FinishReason.STOP, TWO_ROUNDS));
    assertThat(second.asked.getFirst().messages()).hasSize(2); // the schema and the question
  }

  private Gateway routed(TestProvider one, TestProvider other) {
    var config =
        TestConfig.yaml(
            """
            resilience: {attempts: 1}
            routes:
              r: {targets: [{provider: a, model: a}, {provider: b, model: b}]}
            """);
    return Gateway.of(
        GatewaySettings.DEFAULTS,
        List.of(new ProviderSetup.Ready(one), new ProviderSetup.Ready(other)),
        new Gateway.Routing(config.root(), new Random(1)),
        Catalogue.read(TestConfig.yaml("").root()),
        telemetry,
        clock,
        IdSource.RANDOM,
        _ -> {});
  }
}
