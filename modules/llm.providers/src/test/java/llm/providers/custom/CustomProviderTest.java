package llm.providers.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Gate;
import llm.core.testkit.Received;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.Reply;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.StreamEvent.Done;
import llm.domain.chat.StreamEvent.Started;
import llm.domain.chat.StreamEvent.TextDelta;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.chat.Usage;
import llm.domain.content.ImageSource;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-1 any endpoint answers that the configuration describes")
class CustomProviderTest {
  /** As in docs/providers.md. */
  private static final String OLLAMA =
      """
      url: URL/api/generate
      models: [llama3.2]
      request: |
        {"model": "{{model}}", "system": "{{system}}", "prompt": "{{prompt}}",
         "stream": "{{stream}}",
         "options": {"num_predict": "{{max_tokens}}", "temperature": "{{temperature}}",
                     "stop": "{{stop}}", "seed": "{{seed}}"}}
      response:
        text: response
        reasoning: thinking
        finish_reason: done_reason
        input_tokens: prompt_eval_count
        output_tokens: eval_count
        error: error
      stream: {format: ndjson, done_path: done}
      """;

  private static final String TGI =
      """
      url: URL/generate
      models: [tgi]
      secret_headers: {authorization: "${TOKEN}"}
      request: |
        {"inputs": "{{prompt}}",
         "parameters": {"max_new_tokens": "{{max_tokens}}", "temperature": "{{temperature}}",
                        "stop": "{{stop}}", "details": true}}
      response:
        text: generated_text
        finish_reason: details.finish_reason
        output_tokens: details.generated_tokens
        error: error
      stream:
        format: sse
        url: URL/generate_stream
        text: token.text
        skip_path: token.special
      finish_reasons: {eos_token: stop, length: length, stop_sequence: stop}
      """;

  private static final String BARE =
      """
      url: "URL/run/{{model}}?v=1"
      method: put
      models: [org/m 1]
      request: '{"input": {"messages": "{{messages}}"}}'
      response: {text: "/out/parts/*/text", error: /error}
      """;

  @Test
  void linesOfJsonAreAStream() throws LlmException {
    Reply lines =
        Reply.chunked(
            "application/x-ndjson",
            "{\"model\":\"llama3.2\",\"response\":\"grü\",\"done\":false}\n",
            "{\"model\":\"llama3.2\",\"response\":\"ße\",\"done\":false}\n{\"response\":\"\",",
            "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":7,\"eval_count\":2}\n");
    try (var up = new Rig(OLLAMA).answer(lines, lines.dripped())) {
      List<StreamEvent> expected =
          List.of(
              new Started("up/llama3.2"),
              new TextDelta("grü"),
              new TextDelta("ße"),
              new Done(FinishReason.STOP, Usage.of(7, 2)));
      ChatRequest request =
          up.ask(Message.system("be \"kind\""), Message.user("hi\n{{model}}"))
              .withMaxTokens(9)
              .withSampling(
                  SamplingOptions.builder()
                      .temperature(new Temperature(0.5))
                      .stop(List.of("\""))
                      .build());
      assertThat(up.stream(request)).containsExactlyElementsOf(expected);
      assertThat(up.stream(request)).as("byte by byte").containsExactlyElementsOf(expected);
      assertThat(up.asked().getFirst().body())
          .isEqualTo(
              "{\"model\":\"llama3.2\",\"system\":\"be \\\"kind\\\"\",\"prompt\":\"hi\\n{{model}}\","
                  + "\"stream\":true,\"options\":{\"num_predict\":9,\"temperature\":0.5,"
                  + "\"stop\":[\"\\\"\"]}}");
      assertThat(up.asked().getFirst().header("accept").orElseThrow()).contains("ndjson");
    }
  }

  @Test
  void aWholeAnswerIsReadByItsPaths() throws LlmException {
    Reply whole =
        Reply.ok(
            "application/json",
            "{\"response\":\"Hi\",\"thinking\":\"hm\",\"done\":true,\"done_reason\":\"length\","
                + "\"prompt_eval_count\":7,\"eval_count\":2}");
    try (var up = new Rig(OLLAMA).answer(whole)) {
      var result = up.provider.complete(up.ask(Message.user("a")), up.call);
      assertThat(result.text()).isEqualTo("Hi");
      assertThat(result.reasoning()).isEqualTo("hm");
      assertThat(result.finishReason()).isEqualTo(FinishReason.LENGTH);
      assertThat(result.usage()).isEqualTo(Usage.of(7, 2));
      assertThat(up.asked().getFirst().body())
          .isEqualTo("{\"model\":\"llama3.2\",\"prompt\":\"a\",\"stream\":false,\"options\":{}}");
    }
  }

  @Test
  void eventsAreAStreamAtAPlaceOfItsOwn() throws LlmException {
    Reply events =
        Reply.events(
            "{\"token\":{\"text\":\"Hi\",\"special\":false},\"generated_text\":null,\"details\":null}",
            "{\"token\":{\"text\":\"</s>\",\"special\":true},\"generated_text\":\"Hi\",\"details\":"
                + "{\"finish_reason\":\"eos_token\",\"generated_tokens\":2}}");
    try (var up = new Rig(TGI).answer(events)) {
      assertThat(up.stream(up.ask(Message.user("a"), Message.assistant("b"), Message.user("c"))))
          .containsExactly(
              new Started("up/tgi"),
              new TextDelta("Hi"),
              new Done(FinishReason.STOP, Usage.of(0, 2)));
      assertThat(up.asked().getFirst().target()).isEqualTo("/generate_stream");
      assertThat(up.asked().getFirst().header("authorization")).contains("Bearer t");
      assertThat(up.asked().getFirst().body())
          .isEqualTo(
              "{\"inputs\":\"User: a\\nAssistant: b\\nUser: c\\nAssistant:\","
                  + "\"parameters\":{\"details\":true}}");
    }
  }

  @Test
  void withoutStreamsTheWholeAnswerIsOnePiece() throws LlmException {
    Reply whole =
        Reply.ok(
            "application/json",
            "{\"out\":{\"parts\":[{\"text\":\"a\"},{\"n\":1},{\"text\":\"b\"}]}}");
    try (var up = new Rig(BARE).answer(whole)) {
      assertThat(up.stream(up.ask(Message.system("s"), Message.user("u"))))
          .containsExactly(
              new Started("up/org/m 1"),
              new TextDelta("ab"),
              new Done(FinishReason.STOP, Usage.NONE));
      assertThat(up.asked().getFirst().method()).isEqualTo("PUT");
      assertThat(up.asked().getFirst().target()).isEqualTo("/run/org/m%201?v=1");
      assertThat(up.asked().getFirst().body())
          .isEqualTo(
              "{\"input\":{\"messages\":[{\"role\":\"system\",\"content\":\"s\"},"
                  + "{\"role\":\"user\",\"content\":\"u\"}]}}");
    }
  }

  @Test
  void errorsAreToldInTheEndpointsWords() throws LlmException {
    try (var up =
        new Rig(OLLAMA)
            .answer(
                Reply.chunked("application/x-ndjson", "{\"error\":\"no such model\"}\n"),
                Reply.whole(404, "application/json", "{\"error\":\"not found\"}"),
                Reply.chunked("application/x-ndjson", "{\"response\":\"a\",\"done\":false}\n"),
                Reply.ok("application/json", "{\"answer\":\"a\"}"),
                Reply.chunked("application/x-ndjson", "<html>\n"))) {
      ChatRequest request = up.ask(Message.user("a"));
      assertThat(up.failure(request).message()).contains("no such model");
      assertThatThrownBy(() -> up.provider.stream(request, up.call))
          .hasMessageContaining("not found");
      assertThat(up.failure(request).message()).contains("middle of the answer");
      assertThatThrownBy(() -> up.provider.complete(request, up.call))
          .hasMessageContaining("no text at 'response'");
      assertThat(up.failure(request).message()).contains("no JSON");
    }
  }

  @Test
  void aCancelledCallClosesTheConnection() throws LlmException {
    var never = new Gate();
    Reply slow =
        Reply.chunkedHead("application/x-ndjson")
            .chunk("{\"response\":\"a\",\"done\":false}\n")
            .pause(never)
            .awaitClose();
    try (var up = new Rig(OLLAMA).answer(slow);
        var stream = up.provider.stream(up.ask(Message.user("a")), up.call)) {
      assertThat(stream.next()).isInstanceOf(Started.class);
      assertThat(stream.next()).isEqualTo(new TextDelta("a"));
      up.call.cancel(CancelReason.USER);
      never.open();
      assertThat(stream.next()).isInstanceOf(StreamEvent.Cancelled.class);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tools",
        "response_format",
        "top_k",
        "logprobs",
        "logit_bias",
        "messages[0].content",
        "messages[0].role",
        "max_tokens"
      })
  void whatTheTemplateCannotSayIsRefused(String path) {
    try (var up = new Rig(path.equals("max_tokens") ? BARE : OLLAMA)) {
      ChatRequest plain = up.ask(Message.user("a"));
      ChatRequest request =
          switch (path) {
            case "tools" ->
                plain.withTools(
                    List.of(new ToolDefinition("f", Optional.empty(), JsonText.EMPTY_OBJECT)));
            case "response_format" ->
                plain.withForm(AnswerForm.ANY.withFormat(new ResponseFormat.JsonObject()));
            case "top_k" -> plain.withSampling(SamplingOptions.builder().topK(3).build());
            case "logprobs" -> plain.withSampling(SamplingOptions.builder().topLogprobs(3).build());
            case "logit_bias" ->
                plain.withSampling(SamplingOptions.builder().logitBias(Map.of(1, 1.0)).build());
            case "messages[0].role" -> up.ask(Message.tool("c", "1"));
            case "max_tokens" -> plain.withMaxTokens(3);
            default -> {
              var image = new Part.Image(new ImageSource.Url("https://x/y.png"));
              yield up.ask(Message.of(Role.USER, List.of(image)));
            }
          };
      assertThatThrownBy(() -> up.provider.stream(request, up.call))
          .isInstanceOfSatisfying(
              LlmException.class,
              refused ->
                  assertThat(refused.error())
                      .isInstanceOfSatisfying(
                          LlmError.Unsupported.class,
                          error -> assertThat(error.path()).isEqualTo(path)));
      assertThat(up.asked()).isEmpty();
    }
  }

  private static final ToolDefinition WEATHER =
      new ToolDefinition(
          "weather",
          Optional.of("Tells it."),
          new JsonText("{\"properties\":{\"city\":{\"type\":\"string\"}}}"));

  @Test
  void callsAreReadFromTheWordsOfAModelThatKnowsNothingElse() throws LlmException {
    Reply lines =
        Reply.chunked(
            "application/x-ndjson",
            "{\"response\":\"<think>hm</think>Look. <tool\"}\n",
            "{\"response\":\"_call>\\n<function=weather>\\n<parameter=city>\\nKö\"}\n",
            "{\"response\":\"ln\\n</parameter>\\n</function>\\n</tool_call>\"}\n",
            "{\"response\":\"\",\"done\":true,\"done_reason\":\"stop\",\"eval_count\":2}\n");
    Reply whole =
        Reply.ok(
            "application/json",
            "{\"response\":\"It is 21.\",\"done\":true,\"done_reason\":\"stop\"}");
    try (var up = new Rig(OLLAMA + "tool_format: qwen3_coder\n").answer(lines, whole)) {
      ChatRequest request = up.ask(Message.user("hi")).withTools(List.of(WEATHER));
      List<StreamEvent> events = up.stream(request);

      assertThat(events.subList(0, 3))
          .containsExactly(
              new Started("up/llama3.2"),
              new StreamEvent.ReasoningDelta("hm"),
              new TextDelta("Look."));
      var call = (StreamEvent.ToolCallStarted) events.get(3);
      assertThat(call.name()).isEqualTo("weather");
      assertThat(events.stream().skip(4).limit(events.size() - 5))
          .as("in fragments")
          .hasSizeGreaterThan(1)
          .allMatch(StreamEvent.ToolArgumentsDelta.class::isInstance)
          .extracting(fragment -> ((StreamEvent.ToolArgumentsDelta) fragment).json())
          .satisfies(all -> assertThat(String.join("", all)).isEqualTo("{\"city\":\"Köln\"}"));
      assertThat(events.getLast()).isEqualTo(new Done(FinishReason.TOOL_CALLS, Usage.of(0, 2)));
      assertThat(up.asked().getFirst().body())
          .contains("\"name\\\":\\\"weather\\\"", "<function=function_name>", "\"prompt\":\"hi\"");

      var made = new ToolCall(call.id(), "weather", new JsonText("{\"city\":\"Köln\"}"));
      var next =
          up.ask(
                  Message.user("hi"),
                  Message.assistant("Look.", List.of(made)),
                  Message.tool(call.id(), "21"))
              .withTools(List.of(WEATHER));
      assertThat(up.provider.complete(next, up.call).text()).isEqualTo("It is 21.");
      assertThat(up.asked().getLast().body())
          .contains(
              "Assistant: Look.\\n<tool_call>\\n<function=weather>\\n<parameter=city>\\nKöln",
              "User: <tool_response>\\n21\\n</tool_response>");
    }
  }

  /** A scripted endpoint {@code up} and the provider that asks it. */
  private static final class Rig implements AutoCloseable {
    private final FaultUpstream server = FaultUpstream.open();
    private final TimerThread alarms = new TimerThread(_ -> {});
    private final CallScope call = Calls.open(alarms);
    private final ChatProvider provider;

    private Rig(String settings) {
      server.otherwise(_ -> Reply.whole(404, "text/plain", "nothing here"));
      String own = settings.replace("URL", server.uri().toString());
      var config =
          TestConfig.yaml(
              "providers:\n custom:\n  upstreams:\n   up:\n"
                  + own.indent(4)
                  + "    warm: {enabled: false}\n",
              Map.of("TOKEN", "Bearer t"));
      var context =
          new ProviderContext(
              config.section("providers.custom"),
              new RecordingTelemetry(),
              alarms,
              IdSource.RANDOM,
              Optional.empty());
      var setup = new CustomFactory().create(context);
      assertThat(config.problems()).isEmpty();
      provider =
          ((ProviderSetup.Ready) ((ProviderSetup.Several) setup).members().get("up")).provider();
    }

    private final List<Reply> replies = new ArrayList<>();

    private Rig answer(Reply... next) {
      replies.addAll(List.of(next));
      server.otherwise(request ->
          request.method().equals("GET")
              ? Reply.whole(404, "text/plain", "nothing here")
              : replies.removeFirst());
      return this;
    }

    private ChatRequest ask(Message... messages) {
      String model = provider.models().getFirst().id();
      return ChatRequest.of(new ModelName(model), List.of(messages));
    }

    private List<StreamEvent> stream(ChatRequest request) throws LlmException {
      return StreamCheck.drain(provider.stream(request, call));
    }

    private LlmError failure(ChatRequest request) throws LlmException {
      return ((StreamEvent.Failed) stream(request).getLast()).error();
    }

    private List<Received> asked() {
      return server.requests().stream().filter(asked -> !asked.method().equals("GET")).toList();
    }

    @Override
    public void close() {
      provider.close();
      call.close();
      alarms.close();
      server.close();
    }
  }
}
