package llm.core.dialect.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.catalogue.ListedModel;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.ModelInfo;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

@DisplayName("P-3: our own /llm dialect")
class LlmDialectTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @Test
  void readsAPromptOrMessages() throws LlmException {
    ChatRequest prompt =
        read("{\"prompt\":\"hi\",\"model\":\"m\",\"temperature\":1,\"max_tokens\":5}");
    ChatRequest messages = read("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");

    assertThat(prompt.messages()).containsExactly(Message.user("hi"));
    assertThat(prompt.model().value()).isEqualTo("m");
    assertThat(prompt.maxTokens()).contains(5);
    assertThat(messages.messages()).containsExactly(Message.user("hi"));
    assertThat(messages.model().value()).isEqualTo("default");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {} | messages | messages is missing
          {"prompt":5} | prompt | must be a string, found the integer 5
          {"prompt":"a","messages":[{"role":"user","content":"b"}]} | prompt | exclude each other
          {"prompt":"a","n":1} | n | 'n' is not known here
          {"prompt":"a","stream":true} | stream | 'stream' is not known here
          {"prompt":"a","temperature":3} | temperature | 0.0 to 2.0
          {"prompt":"a","frequency_penalty":3} | frequency_penalty | -2.0 to 2.0
          {"prompt":"a","repeat_penalty":0} | repeat_penalty | more than 0
          {"prompt":"a","logit_bias":{"x":1}} | logit_bias.x | by a token's id
          {"prompt":"a","top_logprobs":2} | top_logprobs | needs logprobs: true
          {"prompt":"a","priority":"low"} | priority | interactive or background
          {"prompt":"a","priority":5} | priority | must be a string, found the integer 5
          {"prompt":"a","service_tier":"flex"} | service_tier | not known here
          """)
  void refusesWithItsPath(String body, String path, String says) {
    var thrown = catchThrowableOfType(LlmException.class, () -> read(body));

    assertThat(thrown.error()).isInstanceOf(LlmError.InvalidRequest.class);
    assertThat(((LlmError.InvalidRequest) thrown.error()).path()).contains(path);
    assertThat(thrown.error().message()).contains(says);
  }

  @Test
  void writesAnAnswer() {
    var calls = List.of(new ToolCall("c", "f", new JsonText("{}")));
    var result = new ChatResult("m", "hi", "", calls, FinishReason.TOOL_CALLS, Usage.of(3, 4));

    assertThat(JSON.readTree(LlmResponses.chat(result, "r-1")).toString())
        .isEqualTo(
            "{\"model\":\"m\",\"content\":\"hi\",\"tool_calls\":[{\"id\":\"c\",\"name\":\"f\","
                + "\"arguments\":\"{}\"}],\"finish_reason\":\"tool_calls\","
                + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7,"
                + "\"cached_tokens\":0},\"request_id\":\"r-1\"}");
  }

  @Test
  void readsPenaltiesBiasesLogProbabilitiesAndPriority() throws LlmException {
    ChatRequest request =
        read(
            """
            {"prompt":"hi","frequency_penalty":1,"presence_penalty":-1,"repeat_penalty":1.1,
             "logit_bias":{"9":5},"logprobs":true,"top_logprobs":2,"priority":"background"}\
            """);

    assertThat(request.sampling())
        .isEqualTo(
            SamplingOptions.builder()
                .frequencyPenalty(1)
                .presencePenalty(-1)
                .repeatPenalty(1.1)
                .logitBias(Map.of(9, 5.0))
                .topLogprobs(2)
                .build());
    assertThat(request.priority()).isEqualTo(Priority.BACKGROUND);
  }

  @Test
  void writesLogProbabilitiesBesideTheirText() throws IOException {
    var top = new TokenLogprob.Top("b", -2, List.of());
    var tokens = List.of(new TokenLogprob("a", -1, List.of((byte) 97), List.of(top)));
    var result = new ChatResult("m", "a", "", List.of(), FinishReason.STOP, Usage.of(1, 1), tokens);
    String written =
        "[{\"token\":\"a\",\"logprob\":-1,\"bytes\":[97],\"top_logprobs\":"
            + "[{\"token\":\"b\",\"logprob\":-2,\"bytes\":null}]}]";

    assertThat(JSON.readTree(LlmResponses.chat(result, "r-1")).get("logprobs").toString())
        .isEqualTo(written);
    assertThat(frames(new StreamEvent.TextDelta("a\"", tokens)))
        .containsExactly("{\"token\":\"a\\\"\",\"logprobs\":" + written + ",\"is_final\":false}");
  }

  @Test
  void streamsTokensThenCallsThenTheEnd() throws IOException {
    assertThat(
            frames(
                new StreamEvent.Started("m"),
                new StreamEvent.ReasoningDelta("hm"),
                new StreamEvent.TextDelta("a\"b"),
                new StreamEvent.ToolCallStarted(0, "c1", "f"),
                new StreamEvent.ToolCallStarted(1, "c2", "g"),
                new StreamEvent.ToolArgumentsDelta(1, "{}"),
                new StreamEvent.ToolArgumentsDelta(0, "[1"),
                new StreamEvent.ToolArgumentsDelta(0, "]"),
                new StreamEvent.Done(FinishReason.TOOL_CALLS, Usage.of(1, 2))))
        .containsExactly(
            "{\"reasoning\":\"hm\",\"is_final\":false}",
            "{\"token\":\"a\\\"b\",\"is_final\":false}",
            "{\"tool_call\":{\"id\":\"c1\",\"name\":\"f\",\"arguments\":\"[1]\"},\"is_final\":false}",
            "{\"tool_call\":{\"id\":\"c2\",\"name\":\"g\",\"arguments\":\"{}\"},\"is_final\":false}",
            "{\"is_final\":true,\"finish_reason\":\"tool_calls\",\"usage\":{\"prompt_tokens\":1,"
                + "\"completion_tokens\":2,\"total_tokens\":3,\"cached_tokens\":0},"
                + "\"request_id\":\"r-1\"}");
  }

  @Test
  void endsAnIncompleteStreamWithItsError() throws IOException {
    assertThat(
            frames(
                new StreamEvent.TextDelta("a"),
                new StreamEvent.Failed(new LlmError.ProviderFailed("p", "broke"), Usage.NONE)))
        .last()
        .isEqualTo(
            "{\"error\":{\"code\":\"provider_failed\",\"message\":\"broke\","
                + "\"data\":{\"provider\":\"p\"},\"request_id\":\"r-1\"}}");
    assertThat(frames(new StreamEvent.Cancelled(CancelReason.USER, Usage.NONE)))
        .singleElement()
        .asString()
        .contains("\"code\":\"cancelled\"", "\"reason\":\"user\"");
  }

  @Test
  void saysTheFactsOfEveryError() {
    var late = new LlmError.DeadlineExceeded(CancelReason.IDLE, "x", Duration.ofSeconds(2));
    expect(LlmError.InvalidRequest.at("a.b", "no"), "{\"path\":\"a.b\"}");
    expect(LlmError.InvalidRequest.of("no"), "{}");
    expect(new LlmError.InvalidJson("x", 3, 4), "{\"line\":3,\"column\":4}");
    expect(new LlmError.Unsupported("n", "no"), "{\"path\":\"n\"}");
    expect(
        new LlmError.ContextLengthExceeded("m", 9, 8),
        "{\"model\":\"m\",\"prompt_tokens\":9,\"limit\":8}");
    expect(
        new LlmError.InputTooLong("m", 3, 9, 8),
        "{\"model\":\"m\",\"path\":\"input[3]\",\"prompt_tokens\":9,\"limit\":8}");
    expect(new LlmError.Unauthorized("no"), "{}");
    expect(new LlmError.Forbidden("no"), "{}");
    expect(new LlmError.NotFound("endpoint", "/x"), "{\"kind\":\"endpoint\",\"id\":\"/x\"}");
    expect(new LlmError.ModelNotFound("m"), "{\"model\":\"m\"}");
    expect(new LlmError.MethodNotAllowed("PUT", "GET"), "{\"allowed\":\"GET\"}");
    expect(new LlmError.Conflict("no"), "{}");
    expect(new LlmError.PayloadTooLarge(7), "{\"limit\":7}");
    expect(new LlmError.UnsupportedMediaType("a/b"), "{\"content_type\":\"a/b\"}");
    expect(new LlmError.UnsupportedContentEncoding("gzip"), "{\"content_encoding\":\"gzip\"}");
    expect(new LlmError.UpgradeRequired("no"), "{}");
    expect(new LlmError.NotImplemented("no"), "{}");
    expect(
        new LlmError.QueueFull("q", 5, Duration.ofMillis(10)),
        "{\"queue\":\"q\",\"limit\":5,\"retry_after_seconds\":1}");
    expect(
        new LlmError.Overloaded("slots", 5, Duration.ofSeconds(3)),
        "{\"resource\":\"slots\",\"limit\":5,\"retry_after_seconds\":3}");
    expect(new LlmError.ShuttingDown(Duration.ofSeconds(2)), "{\"retry_after_seconds\":2}");
    expect(late, "{\"reason\":\"idle\",\"limit_ms\":2000}");
    expect(new LlmError.Cancelled(CancelReason.CLIENT_GONE), "{\"reason\":\"client_gone\"}");
    expect(new LlmError.ModelUnavailable("m", "no"), "{\"model\":\"m\"}");
    expect(
        new LlmError.StoreUnavailable("no", Optional.of(Duration.ofSeconds(6))),
        "{\"retry_after_seconds\":6}");
    expect(new LlmError.StoreUnavailable("no", Optional.empty()), "{}");
    expect(new LlmError.InvalidAnswer("a.b", "no"), "{\"path\":\"a.b\"}");
    expect(new LlmError.ProviderFailed("p", "no"), "{\"provider\":\"p\"}");
    expect(
        new LlmError.ProviderRefused(
            "p", 429, Optional.of("busy"), "no", Optional.of(Duration.ofSeconds(4))),
        "{\"provider\":\"p\",\"upstream_status\":429,\"upstream_code\":\"busy\","
            + "\"retry_after_seconds\":4}");
    expect(
        new LlmError.ProviderRefused("p", 400, Optional.empty(), "no", Optional.empty()),
        "{\"provider\":\"p\",\"upstream_status\":400}");
    expect(new LlmError.ProviderUnreachable("p", "no"), "{\"provider\":\"p\"}");
    expect(new LlmError.Internal(), "{}");
  }

  @Test
  void listsModelsWithWhatIsKnownOfThem() {
    var info = new ModelInfo("m", "p", Instant.ofEpochSecond(9), Optional.empty(), "A model.");
    var spec =
        new ModelSpec(
            100,
            50,
            true,
            false,
            true,
            Optional.of(new ModelSpec.Price(0.25, 2)),
            Optional.empty());

    assertThat(
            JSON.readTree(LlmResponses.models(List.of(new ListedModel(info, spec)), "m"))
                .toString())
        .isEqualTo(
            "{\"default_model\":\"m\",\"models\":[{\"id\":\"m\",\"provider\":\"p\","
                + "\"description\":\"A model.\",\"created\":9,\"context_tokens\":100,"
                + "\"max_output_tokens\":50,\"tools\":true,\"vision\":false,\"json\":true,"
                + "\"price\":{\"input_per_million\":0.25,\"output_per_million\":2}}]}");
    var adapter =
        new ModelInfo("a", "p", Instant.EPOCH, Optional.empty(), "An adapter.", Optional.of("m"));
    assertThat(new String(LlmResponses.models(List.of(new ListedModel(adapter, spec)), "m")))
        .contains("\"parent\":\"m\"");
  }

  private static void expect(LlmError error, String data) {
    var body = JSON.readTree(LlmErrors.body(error, "r-1")).get("error");
    assertThat(body.propertyNames()).containsExactly("code", "message", "data", "request_id");
    assertThat(body.get("code").stringValue()).isEqualTo(error.code().wireName());
    assertThat(body.get("data").toString()).isEqualTo(data);
    assertThat(body.get("request_id").stringValue()).isEqualTo("r-1");
  }

  private static ChatRequest read(String body) throws LlmException {
    return LlmRequestReader.read(
        body.getBytes(StandardCharsets.UTF_8), asked -> new ModelName(asked.orElse("default")));
  }

  private static List<String> frames(StreamEvent... events) throws IOException {
    var out = new ByteArrayOutputStream();
    var writer = new LlmStreamWriter("r-1");
    for (StreamEvent event : events) {
      writer.write(event, out);
    }
    return List.of(out.toString(StandardCharsets.UTF_8).split("\n\n")).stream()
        .map(frame -> JSON.readTree(frame.substring("data: ".length())).toString())
        .toList();
  }
}
