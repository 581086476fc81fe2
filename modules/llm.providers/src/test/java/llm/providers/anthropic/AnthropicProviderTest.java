package llm.providers.anthropic;

import static llm.providers.anthropic.ClaudeRig.PING;
import static llm.providers.anthropic.ClaudeRig.START;
import static llm.providers.anthropic.ClaudeRig.STOP;
import static llm.providers.anthropic.ClaudeRig.ask;
import static llm.providers.anthropic.ClaudeRig.begins;
import static llm.providers.anthropic.ClaudeRig.delta;
import static llm.providers.anthropic.ClaudeRig.ends;
import static llm.providers.anthropic.ClaudeRig.event;
import static llm.providers.anthropic.ClaudeRig.sse;
import static llm.providers.anthropic.ClaudeRig.stops;
import static llm.providers.anthropic.ClaudeRig.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.content.Proof;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import llm.domain.port.Nuance;
import llm.domain.port.ProviderHealth.Status;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-1 an upstream that speaks Anthropic's Messages, over a socket")
class AnthropicProviderTest {
  private static final String MODEL = "anthropic/claude-sonnet-4-5";
  private static final String TEXT = "{'type':'text','text':''}";
  private static final String[] HI = {
    START, begins(0, TEXT), PING, text(0, "Hi"), text(0, " 😀"), ends(0), stops("end_turn", 5), STOP
  };
  private static final String[] ALL = {
    START,
    begins(0, "{'type':'thinking','thinking':'','signature':''}"),
    delta(0, "{'type':'thinking_delta','thinking':'hm'}"),
    delta(0, "{'type':'signature_delta','signature':'c2ln'}"),
    ends(0),
    begins(1, "{'type':'redacted_thinking','data':'ZGF0'}"),
    ends(1),
    begins(2, TEXT),
    text(2, "Look"),
    delta(2, "{'type':'citations_delta','citation':{'type':'char_location'}}"),
    ends(2),
    begins(3, "{'type':'tool_use','id':'toolu_1','name':'f','input':{}}"),
    delta(3, "{'type':'input_json_delta','partial_json':''}"),
    delta(3, "{'type':'input_json_delta','partial_json':'{\\'x\\''}"),
    delta(3, "{'type':'input_json_delta','partial_json':': 1}'}"),
    ends(3),
    begins(4, "{'type':'tool_use','id':'toolu_2','name':'g','input':{}}"),
    ends(4),
    event("new_event", "{'type':'new_event','index':9}"),
    stops("tool_use", 40),
    STOP
  };

  @Test
  void aStreamIsReadFromItsFirstByteToItsLast() throws LlmException {
    try (var rig = new ClaudeRig().answer(sse(HI))) {
      assertThat(rig.stream())
          .containsExactly(
              new StreamEvent.Started(MODEL),
              new StreamEvent.TextDelta("Hi"),
              new StreamEvent.TextDelta(" 😀"),
              done(FinishReason.STOP, new Usage(30, 5, 20, 0, 3)));
      Received request = rig.posted();
      assertThat(request.target()).isEqualTo("/v1/messages");
      assertThat(request.header("x-api-key")).contains("sk-ant-test");
      assertThat(request.header("anthropic-version")).contains("2023-06-01");
      assertThat(request.header("anthropic-beta")).isEmpty();
      assertThat(request.body())
          .isEqualTo(
              "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":100,\"messages\":"
                  + "[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}");
    }
  }

  @Test
  void everyByteMayComeAlone() throws LlmException {
    try (var rig = new ClaudeRig().answer(sse(ALL), sse(ALL).dripped())) {
      List<StreamEvent> whole = rig.stream();
      assertThat(whole)
          .containsExactly(
              new StreamEvent.Started(MODEL),
              new StreamEvent.ReasoningDelta("hm"),
              new StreamEvent.ReasoningSigned("c2ln", Dialect.ANTHROPIC),
              new StreamEvent.ReasoningHidden("ZGF0", Dialect.ANTHROPIC),
              new StreamEvent.TextDelta("Look"),
              new StreamEvent.Aside(
                  Dialect.ANTHROPIC, "citation", new JsonText("{\"type\":\"char_location\"}")),
              new StreamEvent.ToolCallStarted(0, "toolu_1", "f"),
              new StreamEvent.ToolArgumentsDelta(0, "{\"x\""),
              new StreamEvent.ToolArgumentsDelta(0, ": 1}"),
              new StreamEvent.ToolCallStarted(1, "toolu_2", "g"),
              new StreamEvent.ToolArgumentsDelta(1, "{}"),
              done(FinishReason.TOOL_CALLS, new Usage(30, 40, 20, 0, 3)));
      assertThat(rig.stream()).isEqualTo(whole);
    }
  }

  private static StreamEvent done(FinishReason reason, Usage usage) {
    Map<String, JsonText> more = Map.of("usage", new JsonText("{\"service_tier\":\"standard\"}"));
    return new StreamEvent.Done(
        reason, usage, Optional.empty(), Extensions.of(Dialect.ANTHROPIC, more));
  }

  @Test
  void aWholeAnswerIsAskedForWithoutAStream() throws LlmException {
    String message =
        """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5-20250929",
        "content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},
        {"type":"redacted_thinking","data":"ZGF0"},{"type":"text","text":"Look","citations":null},
        {"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}},
        {"type":"tool_use","id":"toolu_1","name":"f","input":{"x": [1, {}]}}],
        "stop_reason":"stop_sequence","stop_sequence":"END","usage":{"input_tokens":7,
        "cache_creation_input_tokens":null,"cache_read_input_tokens":2,"output_tokens":40,
        "output_tokens_details":{"thinking_tokens":11}}}
        """;
    try (var rig = new ClaudeRig().answer(Reply.ok("application/json", message))) {
      ChatResult answer = rig.provider.complete(ask(), rig.call);
      assertThat(answer.course())
          .contains(
              new StreamEvent.Aside(
                  Dialect.ANTHROPIC,
                  "block",
                  new JsonText(
                      "{\"type\":\"server_tool_use\",\"id\":\"srvtoolu_1\","
                          + "\"name\":\"web_search\",\"input\":{\"query\":\"x\"}}")));
      assertThat(answer)
          .isEqualTo(
              new ChatResult(
                  MODEL,
                  "Look",
                  List.of(
                      Thought.signed("hm", new Proof(Dialect.ANTHROPIC, "c2ln")),
                      Thought.hidden(new Proof(Dialect.ANTHROPIC, "ZGF0"))),
                  List.of(new ToolCall("toolu_1", "f", new JsonText("{\"x\": [1, {}]}"))),
                  FinishReason.STOP,
                  Optional.of("END"),
                  new Usage(9, 40, 2, 11),
                  List.of(),
                  answer.course(),
                  Extensions.NONE));
      assertThat(rig.posted().body()).doesNotContain("stream");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, STOP",
    "max_tokens, LENGTH",
    "model_context_window_exceeded, LENGTH",
    "pause_turn, LENGTH",
    "stop_sequence, STOP",
    "tool_use, TOOL_CALLS",
    "refusal, CONTENT_FILTER",
    "something_new, UNKNOWN"
  })
  void everyStopReasonHasOurWord(String wire, FinishReason expected) throws LlmException {
    try (var rig = new ClaudeRig().answer(sse(START, stops(wire, 1), STOP))) {
      assertThat(((StreamEvent.Done) rig.stream().getLast()).finishReason()).isEqualTo(expected);
    }
  }

  @Test
  void aStreamThatIsCutHasFailedUnlessItsReasonWasSaid() throws LlmException {
    var cut = Reply.chunkedHead("text/event-stream").chunk(START).chunk(text(0, "Hi"));
    try (var rig =
        new ClaudeRig()
            .answer(
                cut.reset(), cut.lastChunk(), cut.chunk(stops("end_turn", 5)).reset(), sse(PING))) {
      assertThat(rig.stream().getLast()).isInstanceOf(StreamEvent.Failed.class);
      var failed = (StreamEvent.Failed) rig.stream().getLast();
      assertThat(failed.error().message()).contains("ended its stream in the middle");
      assertThat(failed.usage()).isEqualTo(new Usage(30, 1, 20, 0, 3));
      assertThat(rig.stream().getLast()).isInstanceOf(StreamEvent.Done.class);
      assertThat(((StreamEvent.Failed) rig.stream().getLast()).error().message())
          .contains("without an answer");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "overloaded_error, 529",
    "rate_limit_error, 429",
    "api_error, 500",
    "invalid_request_error, 400",
    "timeout_error, 504"
  })
  void anErrorInTheStreamHasTheStatusOfItsType(String type, int status) throws LlmException {
    String error =
        event("error", "{'type':'error','error':{'type':'" + type + "','message':'No.'}}");
    try (var rig = new ClaudeRig().answer(sse(START, text(0, "Hi"), error), sse(error))) {
      for (int first = 0; first < 2; first++) {
        var failed = (StreamEvent.Failed) rig.stream().getLast();
        assertThat(failed.error())
            .isEqualTo(
                new LlmError.ProviderRefused(
                    "anthropic",
                    status,
                    Optional.of(type),
                    "Provider 'anthropic' answered with status " + status + ": No.",
                    Optional.empty()));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "400, invalid_request_error",
    "404, not_found_error",
    "413, request_too_large",
    "429, rate_limit_error",
    "500, api_error",
    "529, overloaded_error"
  })
  void aRefusalKeepsItsStatusItsWordsAndItsPatience(int status, String type) {
    var reply =
        Reply.whole(
            status,
            "application/json",
            "{\"type\":\"error\",\"error\":{\"type\":\""
                + type
                + "\",\"message\":\"model: x\"},\"request_id\":\"req_1\"}",
            "retry-after: 3");
    try (var rig = new ClaudeRig().answer(reply)) {
      var refused = (LlmError.ProviderRefused) rig.refusal();
      assertThat(refused.httpStatus()).isEqualTo(status);
      assertThat(refused.upstreamCode()).contains(type);
      assertThat(refused.message()).endsWith(": model: x");
      assertThat(refused.retryAfter()).contains(Duration.ofSeconds(3));
    }
  }

  @ParameterizedTest
  @CsvSource({"401, authentication_error", "403, permission_error"})
  void aRefusedKeyIsOursToMend(int status, String type) {
    var reply =
        Reply.whole(
            status,
            "application/json",
            "{\"type\":\"error\",\"error\":{\"type\":\""
                + type
                + "\",\"message\":\"sk-ant-test\"}}");
    try (var rig = new ClaudeRig("models: [m]").answer(reply)) {
      rig.awaitHealth(Status.UP);
      assertThat(rig.refusal().message()).contains("api_key").doesNotContain("sk-ant-test");
      assertThat(rig.awaitHealth(Status.DOWN).detail()).contains("refused our credentials");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "prompt is too long: 215011 tokens > 200000 maximum | 215011 | 200000",
        "input length and `max_tokens` exceed context limit: 190000 + 21333 > 200000, decrease"
            + " input length or `max_tokens` and try again | 190000 | 200000"
      })
  void aPromptThatIsTooLongIsTooLongForItsModel(String said, int prompt, int window) {
    String error =
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\""
            + said
            + "\"}}";
    try (var rig = new ClaudeRig().answer(Reply.whole(400, "application/json", error))) {
      assertThat(rig.refusal())
          .isEqualTo(new LlmError.ContextLengthExceeded(MODEL, prompt, window));
    }
  }

  @Test
  void cancellingEndsTheStreamAndItsConnection() throws LlmException {
    var reply =
        Reply.chunkedHead("text/event-stream").chunk(START).chunk(text(0, "Hi")).awaitClose();
    try (var rig = new ClaudeRig("models: [m]", "warm: {enabled: false}").answer(reply);
        var stream = rig.provider.stream(ask(), rig.call)) {
      assertThat(stream.next()).isEqualTo(new StreamEvent.Started(MODEL));
      assertThat(stream.next()).isEqualTo(new StreamEvent.TextDelta("Hi"));
      rig.call.cancel(CancelReason.USER);
      assertThat(stream.next())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.USER, new Usage(30, 1, 20, 0, 3)));
      rig.server.awaitEnded(1);
    }
  }

  @Test
  void aPingIsNotReady() throws LlmException {
    var gate = new Gate();
    var reply =
        Reply.chunkedHead("text/event-stream")
            .chunk(START + text(0, "Hi") + PING)
            .pause(gate)
            .chunk(stops("end_turn", 1) + STOP)
            .lastChunk();
    try (var rig = new ClaudeRig().answer(reply);
        var stream = rig.provider.stream(ask(), rig.call)) {
      assertThat(stream.next()).isInstanceOf(StreamEvent.Started.class);
      assertThat(stream.next()).isInstanceOf(StreamEvent.TextDelta.class);
      assertThat(stream.hasReady()).as("the text is to be flushed now").isFalse();
      gate.open();
      assertThat(stream.next()).isInstanceOf(StreamEvent.Done.class);
    }
  }

  @Test
  void modelsAreFoundByNameAndByPrefix() throws LlmException {
    try (var rig = new ClaudeRig()) {
      assertThat(rig.awaitHealth(Status.UP).detail()).contains("2 models");
      assertThat(rig.provider.models()).extracting("id").contains("anthropic/claude-opus-4-6");
      assertThat(rig.provider.model(new ModelName("claude-opus-4-6"))).isPresent();
      assertThat(rig.provider.model(new ModelName("anthropic/claude-next"))).isPresent();
      assertThat(rig.provider.model(new ModelName("claude-next"))).isEmpty();
      assertThat(rig.provider.dialect()).contains(Dialect.ANTHROPIC);
      assertThat(rig.provider.needsOutputLimit()).isTrue();
      assertThat(rig.server.requests().getFirst().target()).isEqualTo("/v1/models?limit=1000");
      rig.answer(sse(HI));
      assertThat(StreamCheck.text(rig.stream())).isEqualTo("Hi 😀");
    }
  }

  @Test
  void whatIsNotLegalIsRefusedBeforeAnythingIsSent() {
    try (var rig = new ClaudeRig("models: [m]", "warm: {enabled: false}")) {
      rig.awaitHealth(Status.UP);
      var hot =
          ask()
              .withSampling(
                  llm.domain.chat.SamplingOptions.builder()
                      .temperature(new llm.domain.model.Temperature(1.5))
                      .build());
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> rig.provider.complete(hot, rig.call))
          .isInstanceOfSatisfying(
              LlmException.class,
              refused ->
                  assertThat(((LlmError.Unsupported) refused.error()).path())
                      .isEqualTo("temperature"));
      assertThat(rig.server.requests()).noneMatch(request -> request.method().equals("POST"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "claude-opus-4-6, NATIVE",
    "claude-sonnet-4-5-20250929, NATIVE",
    "claude-haiku-4-5@20251001, NATIVE",
    "claude-sonnet-5, NATIVE",
    "claude-opus-4-1-20250805, WORDS",
    "claude-sonnet-4-20250514, WORDS",
    "claude-opus-4-0, WORDS",
    "claude-3-7-sonnet-latest, WORDS",
    "claude-instant-1.2, WORDS",
    "other, NATIVE"
  })
  void schemasAreToldInWordsToModelsThatTakeNone(String model, SchemaSupport support) {
    try (var rig = new ClaudeRig()) {
      var name = new ModelName("anthropic/" + model);
      assertThat(rig.provider.schemaSupport(name)).isEqualTo(support);
      assertThat(rig.provider.leavesOut(name).contains(Nuance.SCHEMA_DESCRIPTION))
          .isEqualTo(support == SchemaSupport.NATIVE);
    }
    try (var rig = new ClaudeRig("json_schema: refuse")) {
      assertThat(rig.provider.schemaSupport(new ModelName("anthropic/" + model)))
          .isEqualTo(SchemaSupport.NONE);
    }
  }
}
