package llm.providers.openai;

import static llm.providers.openai.ServerQuirksTest.delta;
import static llm.providers.openai.ServerQuirksTest.finish;
import static llm.providers.openai.ServerQuirksTest.sse;
import static llm.providers.openai.Upstreams.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.call.TraceContext;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.Extensions;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.ToolCall;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ProviderHealth.Status;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("P-1 an upstream that speaks the OpenAI dialect, over a socket")
class OpenAiProviderTest {
  private static final String HI = delta("'content':'Hi'");
  private static final String WHOLE =
      """
      {"id":"x","object":"chat.completion","model":"other","choices":[{"index":0,"message":\
      {"role":"assistant","content":null,"reasoning":"hm","tool_calls":[{"id":"c","type":"function",\
      "function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,\
      "completion_tokens":3,"total_tokens":12,"completion_tokens_details":{"reasoning_tokens":2}}}\
      """;

  @Test
  void aWholeAnswerIsAskedForWithoutAStream() throws LlmException {
    try (var up = Upstreams.named().answer(Reply.ok("application/json", WHOLE))) {
      ChatResult answer = up.provider.complete(ask("up/m"), up.call);
      assertThat(answer)
          .isEqualTo(
              new ChatResult(
                  "up/m",
                  "",
                  "hm",
                  java.util.List.of(new ToolCall("c", "f", new JsonText("{}"))),
                  FinishReason.TOOL_CALLS,
                  new Usage(9, 3, 0, 2)));
      assertThat(posted(up).body())
          .isEqualTo("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");
    }
  }

  @Test
  void logProbabilitiesGoBothWays() throws LlmException {
    String tokens =
        "{\"content\":[{\"token\":\"Hi\",\"logprob\":-0.5,\"bytes\":[72,105],\"top_logprobs\":"
            + "[{\"token\":\"Ho\",\"logprob\":-1,\"bytes\":null}]}],\"refusal\":null}";
    String choice =
        "{\"choices\":[{\"index\":0,\"%s\":{\"content\":\"Hi\"},\"logprobs\":%s,"
            + "\"finish_reason\":\"stop\"}]}";
    var expected =
        new TokenLogprob(
            "Hi",
            -.5,
            java.util.List.of((byte) 72, (byte) 105),
            java.util.List.of(new TokenLogprob.Top("Ho", -1, java.util.List.of())));
    var sampling = SamplingOptions.builder().topLogprobs(1).presencePenalty(1).build();
    var request = ask("up/m").withSampling(sampling);
    try (var up =
        Upstreams.named()
            .answer(
                sse(choice.formatted("delta", tokens), "[DONE]"),
                Reply.ok("application/json", choice.formatted("message", tokens)))) {
      assertThat(StreamCheck.drain(up.provider.stream(request, up.call)))
          .contains(new StreamEvent.TextDelta("Hi", java.util.List.of(expected)));
      assertThat(up.provider.complete(request, up.call).logprobs()).containsExactly(expected);
      assertThat(posted(up).body())
          .contains("\"presence_penalty\":1,\"logprobs\":true,\"top_logprobs\":1");
    }
  }

  @Test
  void onlyIdTraceAndOurOwnKeyGoAlong() throws LlmException {
    String[] settings = {"api_key: ${KEY}", "headers: {X-Title: ours}"};
    try (var up = Upstreams.named(settings).answer(sse(HI, finish("stop"), "[DONE]"));
        var call =
            CallScope.open(
                new CallId("req-7"),
                new Principal("client"),
                TraceContext.parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                Duration.ofMinutes(1),
                up.alarms,
                failure -> {
                  throw new AssertionError(failure);
                })) {
      StreamCheck.drain(up.provider.stream(ask("up/m"), call));
      Received request = posted(up);
      assertThat(request.target()).isEqualTo("/v1/chat/completions");
      assertThat(request.headers("authorization")).containsExactly("Bearer sk-test");
      assertThat(request.header("x-request-id")).contains("req-7");
      assertThat(request.header("traceparent"))
          .contains("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
      assertThat(request.header("x-title")).contains("ours");
      assertThat(request.header("accept")).contains("text/event-stream");
      assertThat(request.body()).contains("\"stream_options\":{\"include_usage\":true}");
    }
  }

  @Test
  void recipesAndExtensionsShapeTheRequest() throws LlmException {
    try (var up =
        Upstreams.named("server: openai", "stream_usage: false")
            .answer(sse(HI, finish("stop"), "[DONE]"))) {
      var plain = ask("up/m").withMaxTokens(9);
      var request =
          new ChatRequest(
              plain.model(),
              plain.messages(),
              plain.tools(),
              plain.toolChoice(),
              plain.sampling(),
              plain.maxTokens(),
              Extensions.of(
                  Dialect.OPENAI_CHAT,
                  Map.of("response_format", new JsonText("{ \"type\":\"json_object\"}"))));
      StreamCheck.drain(up.provider.stream(request, up.call));
      assertThat(posted(up).body())
          .endsWith(
              "\"max_completion_tokens\":9,\"stream\":true,"
                  + "\"response_format\":{ \"type\":\"json_object\"}}");
    }
  }

  static Stream<Arguments> refusals() {
    String error = "{\"error\":{\"message\":\"No.\",\"type\":\"t\",\"code\":\"c\"}}";
    return Stream.of(
        Arguments.of("openai form", Reply.whole(400, "application/json", error), 400, "c", "No."),
        Arguments.of(
            "ollama: no such model",
            Reply.whole(
                404,
                "application/json",
                "{\"error\":{\"message\":\"model \\\"m\\\" not found,"
                    + " try pulling it first\",\"type\":\"api_error\",\"param\":null,\"code\":null}}"),
            404,
            "api_error",
            "try pulling it first"),
        Arguments.of(
            "lm studio: text",
            Reply.whole(400, "application/json", "{\"error\":\"Model not loaded\"}"),
            400,
            "",
            "Model not loaded"),
        Arguments.of(
            "llama-server: loading",
            Reply.whole(
                503,
                "application/json",
                "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}"),
            503,
            "unavailable_error",
            "Loading model"),
        Arguments.of(
            "fastapi",
            Reply.whole(422, "application/json", "{\"detail\":\"bad\"}"),
            422,
            "",
            "bad"),
        Arguments.of(
            "a proxy's page",
            Reply.whole(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"),
            502,
            "",
            "502 Bad Gateway"),
        Arguments.of("nothing", Reply.whole(500, "text/plain", ""), 500, "", "status 500"),
        Arguments.of(
            "cut",
            Reply.raw("HTTP/1.1 429 x\r\nContent-Length: 99\r\n\r\nabc").fin(),
            429,
            "",
            "status 429"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void aRefusalKeepsItsStatusAndWords(
      String name, Reply reply, int status, String code, String words) {
    try (var up = Upstreams.named().answer(reply)) {
      var refused = (LlmError.ProviderRefused) up.refusal();
      assertThat(refused.httpStatus()).isEqualTo(status);
      assertThat(refused.upstreamCode().orElse("")).isEqualTo(code);
      assertThat(refused.message()).startsWith("Provider 'up' ").contains(words);
    }
  }

  @Test
  void aPromptThatIsTooLongForTheUpstreamIsTooLongForItsModel() throws LlmException {
    String error =
        "{\"error\":{\"code\":400,\"message\":\"request (600 tokens) exceeds the available context"
            + " size (512 tokens), try increasing it\",\"type\":\"exceed_context_size_error\"}}";
    var expected = new LlmError.ContextLengthExceeded("up/m", 600, 512);
    try (var up = Upstreams.named().answer(Reply.whole(400, "application/json", error))) {
      assertThat(up.refusal()).isEqualTo(expected);
    }
    try (var up = Upstreams.named().answer(sse(error))) {
      var end = (StreamEvent.Failed) up.provider.stream(ask("up/m"), up.call).next();
      assertThat(end.error()).isEqualTo(expected);
    }
  }

  @Test
  void aRefusedKeyIsOursToMendAndTheUpstreamIsDown() {
    var reply = Reply.whole(401, "application/json", "{\"error\":{\"message\":\"bad sk-test\"}}");
    try (var up = Upstreams.named("api_key: ${KEY}").answer(reply)) {
      up.awaitHealth(Status.UP);
      assertThat(up.refusal().message()).contains("api_key").doesNotContain("sk-test");
      assertThat(up.awaitHealth(Status.DOWN).detail()).contains("refused our credentials");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'Retry-After: 7', 7000",
    "'retry-after-ms: 150', 150",
    "'Retry-After: 0.5', 500",
    "'Retry-After: Wed, 21 Oct 2015 07:28:00 GMT', 0",
    "'Retry-After: 99999999', 86400000",
    "'Retry-After: soon', -1",
    "'Retry-After: -5', -1"
  })
  void saysWhenToAskAgain(String field, long millis) {
    try (var up = Upstreams.named().answer(Reply.whole(429, "text/plain", "slow down", field))) {
      Optional<Duration> wait = ((LlmError.ProviderRefused) up.refusal()).retryAfter();
      assertThat(wait.map(Duration::toMillis).orElse(-1L)).isEqualTo(millis);
    }
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            "cut in a chunk",
            Reply.chunkedHead("text/event-stream")
                .chunk("data: " + HI + "\n\n")
                .chunk("data: {\"cho")
                .fin(),
            "broke off the connection"),
        Arguments.of(
            "reset",
            Reply.chunkedHead("text/event-stream").chunk("data: " + HI + "\n\n").reset(),
            "broke off the connection"),
        Arguments.of("ended without an end", sse(HI), "in the middle of the answer"),
        Arguments.of(
            "an error in the stream",
            sse(HI, "{\"error\":{\"message\":\"OOM\"}}", "[DONE]"),
            "OOM"),
        Arguments.of("an error as text", sse(HI, "{\"error\":\"OOM\"}"), "OOM"),
        Arguments.of("no JSON", sse(HI, "<html>"), "sent no JSON"),
        Arguments.of(
            "no chunked coding",
            Reply.chunkedHead("text/event-stream").chunk("data: " + HI + "\n\n").send("zz\r\n"),
            "sent what is no HTTP"),
        Arguments.of(
            "an event without bound",
            Reply.chunkedHead("text/event-stream")
                .chunk("data: " + HI + "\n\ndata: " + "x".repeat(4 * 1024 * 1024 + 9)),
            "larger than"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void aStreamThatBreaksIsNeverAWholeAnswer(String name, Reply reply, String words)
      throws LlmException {
    try (var up = Upstreams.named().answer(reply)) {
      var events = up.stream();
      assertThat(StreamCheck.text(events)).isEqualTo("Hi");
      assertThat(events.getLast()).isInstanceOf(StreamEvent.Failed.class);
      LlmError error = ((StreamEvent.Failed) events.getLast()).error();
      assertThat(error).isInstanceOf(LlmError.ProviderFailed.class);
      assertThat(error.message()).startsWith("Provider 'up' ").contains(words);
    }
  }

  @Test
  void anErrorInPlaceOfTheFirstChunkComesFirst() throws LlmException {
    try (var up =
        Upstreams.named()
            .answer(sse("{\"error\":{\"message\":\"busy\",\"code\":429}}"), sse("[DONE]"))) {
      assertThat(up.stream())
          .singleElement()
          .satisfies(end ->
              assertThat(((StreamEvent.Failed) end).error())
                  .isInstanceOf(LlmError.ProviderRefused.class));
      assertThat(up.stream()).singleElement().isInstanceOf(StreamEvent.Failed.class);
    }
  }

  @Test
  void anAnswerThatIsCompleteSurvivesACut() throws LlmException {
    var reply =
        Reply.chunkedHead("text/event-stream")
            .chunk("data: " + HI + "\n\ndata: " + finish("stop") + "\n\n")
            .reset();
    try (var up = Upstreams.named().answer(reply)) {
      assertThat(up.stream().getLast())
          .isEqualTo(new StreamEvent.Done(FinishReason.STOP, Usage.NONE));
    }
  }

  @Test
  void whatIsNoAnswerIsSaidToBeNone() throws LlmException {
    try (var up =
        Upstreams.named()
            .answer(
                Reply.ok("text/html", "<html>Welcome"),
                Reply.ok("application/json", "{\"error\":\"no\"}"),
                Reply.whole(301, "text/plain", "", "Location: https://elsewhere/"))) {
      assertThat(failure(up)).contains("text/html", "base_url", "Welcome");
      assertThat(failure(up)).contains("no");
      assertThat(up.refusal().message()).contains("redirect", "base_url");
    }
  }

  @ParameterizedTest
  @CsvSource({"CLIENT_GONE, Cancelled", "IDLE, Failed", "DEADLINE, Failed", "CLOSED, Cancelled"})
  void aCancelledCallClosesTheConnectionAndEndsByItsReason(CancelReason reason, String end)
      throws LlmException {
    var reply = Reply.chunkedHead("text/event-stream").chunk("data: " + HI + "\n\n").awaitClose();
    try (var up = Upstreams.named().answer(reply);
        var stream = up.provider.stream(ask("up/m"), up.call)) {
      stream.next();
      assertThat(stream.next()).isEqualTo(new StreamEvent.TextDelta("Hi"));
      assertThat(stream.hasReady()).isFalse();
      up.call.cancel(reason);
      assertThat(stream.next().getClass().getSimpleName()).isEqualTo(end);
      up.server.awaitEnded(1);
    }
  }

  @Test
  void closingEarlyClosesTheConnection() throws LlmException {
    var reply = Reply.chunkedHead("text/event-stream").chunk("data: " + HI + "\n\n").awaitClose();
    try (var up = Upstreams.named().answer(reply)) {
      var stream = up.provider.stream(ask("up/m"), up.call);
      stream.next();
      stream.close();
      up.server.awaitEnded(1);
      assertThat(up.call.cancelled()).contains(CancelReason.CLOSED);
    }
  }

  @Test
  void closingTheProviderEndsItsStreams() throws LlmException {
    var reply = Reply.chunkedHead("text/event-stream").chunk("data: " + HI + "\n\n").awaitClose();
    try (var up = Upstreams.named().answer(reply)) {
      var stream = up.provider.stream(ask("up/m"), up.call);
      stream.next();
      stream.next();
      up.provider.close();
      assertThat(stream.next())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.SHUTDOWN, Usage.NONE));
      assertThat(up.refusal()).isInstanceOf(LlmError.Cancelled.class);
    }
  }

  @Test
  void aChunkThatSaysNothingIsNotReady() throws LlmException {
    var gate = new Gate();
    var reply =
        Reply.chunkedHead("text/event-stream")
            .chunk("data: " + HI + "\n\ndata: " + delta("'role':'assistant'") + "\n\n")
            .pause(gate)
            .chunk("data: " + finish("stop") + "\n\ndata: [DONE]\n\n")
            .lastChunk();
    try (var up = Upstreams.named().answer(reply);
        var stream = up.provider.stream(ask("up/m"), up.call)) {
      assertThat(stream.next()).isInstanceOf(StreamEvent.Started.class);
      assertThat(stream.next()).isInstanceOf(StreamEvent.TextDelta.class);
      assertThat(stream.hasReady()).as("the text is to be flushed now").isFalse();
      gate.open();
      assertThat(stream.next()).isInstanceOf(StreamEvent.Done.class);
    }
  }

  @Test
  void modelsAreFoundByNameAndByPrefix() {
    try (var up = Upstreams.listed(Reply.ok("application/json", Upstreams.MODELS))) {
      assertThat(up.awaitHealth(Status.UP).detail()).contains("2 models");
      assertThat(up.provider.models()).extracting("id").containsExactly("up/m", "up/org/n");
      assertThat(up.provider.model(new ModelName("org/n"))).isPresent();
      assertThat(up.provider.model(new ModelName("up/never-listed"))).isPresent();
      assertThat(up.provider.model(new ModelName("never-listed"))).isEmpty();
      assertThat(up.provider.model(new ModelName("up/"))).isEmpty();
    }
  }

  @Test
  void theModelAskedForIsTheModelThatAnswers() throws LlmException {
    try (var up = Upstreams.listed(Reply.ok("application/json", Upstreams.MODELS))) {
      up.awaitHealth(Status.UP);
      for (String asked : new String[] {"org/n", "up/org/n"}) {
        up.answer(sse(HI, finish("stop"), "[DONE]"));
        var events = StreamCheck.drain(up.provider.stream(ask(asked), up.call));
        assertThat(events.getFirst()).isEqualTo(new StreamEvent.Started(asked));
        assertThat(up.server.lastPost().body()).startsWith("{\"model\":\"org/n\"");
      }
    }
  }

  @Test
  void anUpstreamThatCannotListItsModelsSaysSo() {
    try (var up =
        Upstreams.listed(Reply.whole(404, "application/json", "{\"detail\":\"Not Found\"}"))) {
      Upstreams.await(() -> up.provider.health().detail().contains("(models)"));
      assertThat(up.provider.health().status()).isEqualTo(Status.DEGRADED);
    }
  }

  @Test
  void anUpstreamThatIsDownIsTriedAllTheSame() throws LlmException {
    try (var up =
        Upstreams.listed(
            Reply.whole(
                503,
                "application/json",
                "{\"error\":{\"message\":\"Loading model\",\"code\":503}}"))) {
      assertThat(up.awaitHealth(Status.DOWN).detail()).contains("Loading model");
      up.answer(sse(HI, finish("stop"), "[DONE]"));
      assertThat(StreamCheck.text(up.stream())).isEqualTo("Hi");
      assertThat(up.provider.health().status()).as("it has answered").isEqualTo(Status.UP);
      assertThat(up.telemetry.trail()).contains("upstream_down", "upstream_up");
    }
  }

  @Test
  void anUpstreamThatWorksOnAllItsConnectionsIsNotDown() throws LlmException {
    String[] settings = {"max_connections: 1", "pool_wait_seconds: 2", "refresh_seconds: 1"};
    var reply = Reply.chunkedHead("text/event-stream").chunk("data: " + HI + "\n\n").awaitClose();
    // The wait is long enough for the question to get the connection from a look at the health.
    try (var up = Upstreams.named(settings)) {
      up.awaitHealth(Status.UP);
      up.answer(reply);
      try (var stream = up.provider.stream(ask("up/m"), up.call)) {
        stream.next();
        Upstreams.await(() -> up.telemetry.trail().contains("upstream_busy"));
        assertThat(up.provider.health().status()).isEqualTo(Status.UP);
      }
    }
  }

  @Test
  void aConnectionIsReadyForTheNextRequest() {
    var models = Reply.whole(200, "application/json", Upstreams.MODELS, "Connection: close");
    try (var up = Upstreams.listed(models)) {
      up.awaitHealth(Status.UP);
      up.server.awaitConnections(2);
      up.server.awaitEnded(1);
    }
  }

  @Test
  void anUpstreamThatIsGoneIsUnreachable() {
    try (var up = Upstreams.named()) {
      up.awaitHealth(Status.UP);
      up.server.close();
      LlmError error =
          catchThrowableOfType(LlmException.class, () -> up.provider.complete(ask("up/m"), up.call))
              .error();
      assertThat(error).isInstanceOf(LlmError.ProviderUnreachable.class);
      assertThat(error.message()).endsWith("."); // others stand behind it in /health
      assertThat(up.provider.health().status()).isEqualTo(Status.DOWN);
    }
  }

  private static String failure(Upstreams up) throws LlmException {
    return ((StreamEvent.Failed) up.stream().getLast()).error().message();
  }

  private static Received posted(Upstreams up) {
    return up.server.requests().stream()
        .filter(request -> request.method().equals("POST"))
        .findFirst()
        .orElseThrow();
  }
}
