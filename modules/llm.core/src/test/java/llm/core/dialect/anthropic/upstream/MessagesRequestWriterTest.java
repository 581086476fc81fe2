package llm.core.dialect.anthropic.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import llm.domain.chat.AnswerForm;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Proof;
import llm.domain.content.Thinking;
import llm.domain.content.Thinking.Effort;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("P-2 a request goes to Anthropic as it was asked")
class MessagesRequestWriterTest {
  private static final String NEW = "claude-opus-4-6";
  private static final String OLD = "claude-sonnet-4-5-20250929";
  private static final ToolDefinition TOOL =
      new ToolDefinition("f", Optional.of("does"), new JsonText("{ \"type\":\"object\" }"));

  private static ChatRequest of(Message... messages) {
    return ChatRequest.of(new ModelName("m"), List.of(messages)).withMaxTokens(9);
  }

  private static Extensions fields(String name, String json) {
    return Extensions.of(Dialect.ANTHROPIC, Map.of(name, new JsonText(json)));
  }

  private static String write(ChatRequest request) {
    return write(request, NEW);
  }

  private static String write(ChatRequest request, String model) {
    try {
      byte[] body = MessagesRequestWriter.write(request, model, false, RequestTraits.COMMON);
      return new String(body, StandardCharsets.UTF_8);
    } catch (LlmException refused) {
      throw new AssertionError(refused);
    }
  }

  private static LlmError refusal(ChatRequest request, String model) {
    return catchThrowableOfType(
            LlmException.class,
            () -> MessagesRequestWriter.write(request, model, false, RequestTraits.COMMON))
        .error();
  }

  private static String messages(Message... messages) {
    String body = write(of(messages));
    return body.substring(body.indexOf("\"messages\":") + 11, body.length() - 1);
  }

  @Test
  void whatIsNotAskedIsNotWrittenButALimit() throws LlmException {
    var plain = ChatRequest.of(new ModelName("m"), List.of(Message.user("hi")));
    byte[] body = MessagesRequestWriter.write(plain, NEW, true, RequestTraits.COMMON);
    assertThat(new String(body, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"model\":\"claude-opus-4-6\",\"max_tokens\":16384,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"stream\":true}");
  }

  @Test
  void everyFieldIsWrittenOnce() {
    var request =
        of(Message.system("be \"kind\""), Message.user("grüße 😀"))
            .withTools(List.of(TOOL, new ToolDefinition("g", Optional.empty(), new JsonText("{}"))))
            .withSampling(
                SamplingOptions.builder()
                    .temperature(new Temperature(1))
                    .topP(0.9)
                    .topK(40)
                    .stop(List.of("a", "b"))
                    .frequencyPenalty(0)
                    .repeatPenalty(1)
                    .minP(0)
                    .build())
            .withForm(
                AnswerForm.ANY
                    .withParallelToolCalls(false)
                    .withThinking(new Thinking.ByEffort(Effort.HIGH))
                    .withFormat(
                        new ResponseFormat.JsonSchema(
                            "s", Optional.empty(), new JsonText("{ \"type\": \"object\"}"), true)))
            .withExtensions(fields("metadata", "{ \"user_id\":\"u\"}"));
    assertThat(write(request))
        .isEqualTo(
            "{\"model\":\"claude-opus-4-6\",\"max_tokens\":9,\"system\":\"be \\\"kind\\\"\","
                + "\"messages\":[{\"role\":\"user\",\"content\":\"grüße 😀\"}],"
                + "\"tools\":[{\"name\":\"f\",\"description\":\"does\",\"input_schema\":"
                + "{ \"type\":\"object\" }},{\"name\":\"g\",\"input_schema\":"
                + "{\"type\":\"object\"}}],\"tool_choice\":{\"type\":\"auto\","
                + "\"disable_parallel_tool_use\":true},\"temperature\":1,\"top_p\":0.9,"
                + "\"top_k\":40,\"stop_sequences\":[\"a\",\"b\"],"
                + "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"high\","
                + "\"format\":{\"type\":\"json_schema\",\"schema\":{ \"type\": \"object\"}}},"
                + "\"metadata\":{ \"user_id\":\"u\"}}");
  }

  @Test
  void resultsOfToolsStandInTheUsersTurn() {
    var call = new ToolCall("call.1", "f", new JsonText("{\"x\": 1}"));
    var broken = new ToolCall("call_2", "f", new JsonText("{\"x\": "));
    var image = new Part.Image(new ImageSource.Data("image/png", "AAAA"));
    var failed =
        new Message(
            Role.TOOL,
            List.of(new Part.Text("no"), image),
            List.of(),
            Optional.of("call_2"),
            true,
            Optional.empty(),
            List.of(),
            fields("cache_control", "{\"type\":\"ephemeral\"}"));
    String id = "call_1_" + Integer.toHexString("call.1".hashCode());
    assertThat(
            messages(
                Message.user("go"),
                Message.assistant("\n", List.of(call, broken)),
                Message.tool("call.1", ""),
                failed,
                Message.user("and?")))
        .isEqualTo(
            "[{\"role\":\"user\",\"content\":\"go\"},{\"role\":\"assistant\",\"content\":["
                + "{\"type\":\"tool_use\",\"id\":\""
                + id
                + "\",\"name\":\"f\",\"input\":{\"x\": 1}},"
                + "{\"type\":\"tool_use\",\"id\":\"call_2\",\"name\":\"f\",\"input\":"
                + "{\"INVALID_JSON\":\"{\\\"x\\\": \"}}]},{\"role\":\"user\",\"content\":["
                + "{\"type\":\"tool_result\",\"tool_use_id\":\""
                + id
                + "\"},{\"type\":\"tool_result\",\"tool_use_id\":\"call_2\",\"content\":["
                + "{\"type\":\"text\",\"text\":\"no\"},{\"type\":\"image\",\"source\":"
                + "{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AAAA\"}}],"
                + "\"is_error\":true,\"cache_control\":{\"type\":\"ephemeral\"}},"
                + "{\"type\":\"text\",\"text\":\"and?\"}]}]");
  }

  @Test
  void systemMessagesComeFirstWhereverTheyStood() {
    var cached =
        Message.of(
            Role.SYSTEM,
            List.of(new Part.Text("b", fields("cache_control", "{\"type\":\"ephemeral\"}"))));
    assertThat(write(of(Message.system("a"), Message.user("hi"), cached, Message.system(" "))))
        .contains(
            "\"system\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\","
                + "\"cache_control\":{\"type\":\"ephemeral\"}}],"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]");
  }

  @Test
  void thoughtsOfItsOwnGoBack() {
    var thoughts =
        List.of(
            Thought.signed("hm", new Proof(Dialect.ANTHROPIC, "sig")),
            Thought.hidden(new Proof(Dialect.ANTHROPIC, "dat")),
            Thought.of("another model's"));
    assertThat(
            messages(
                Message.user("a"),
                Message.assistant("b").withThoughts(thoughts),
                Message.assistant("").withThoughts(List.of(Thought.of("nothing said"))),
                Message.user("c")))
        .contains(
            "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\","
                + "\"signature\":\"sig\"},{\"type\":\"redacted_thinking\",\"data\":\"dat\"},"
                + "{\"type\":\"text\",\"text\":\"b\"}]},{\"role\":\"user\",\"content\":\"c\"}]");
  }

  @Test
  void whatTheCallerWroteInThisDialectGoesAsItCame() {
    var document = new JsonText("{ \"type\" : \"document\" }");
    var parts =
        List.<Part>of(
            new Part.Foreign(Dialect.ANTHROPIC, "document", document),
            new Part.Image(new ImageSource.Url("https://x/y.png")));
    var server =
        new ToolDefinition(
            "web_search",
            Optional.empty(),
            JsonText.EMPTY_OBJECT,
            false,
            Extensions.of(
                Dialect.ANTHROPIC, Map.of("type", new JsonText("\"web_search_20250305\""))));
    var request =
        of(Message.of(Role.USER, parts))
            .withTools(List.of(server))
            .withForm(AnswerForm.ANY.withThinking(new Thinking.Adaptive()))
            .withExtensions(
                Extensions.of(
                    Dialect.ANTHROPIC,
                    Map.of("thinking", new JsonText("{\"type\":\"adaptive\",\"display\":\"x\"}"))));
    assertThat(write(request))
        .isEqualTo(
            "{\"model\":\"claude-opus-4-6\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\","
                + "\"content\":[{ \"type\" : \"document\" },{\"type\":\"image\",\"source\":"
                + "{\"type\":\"url\",\"url\":\"https://x/y.png\"}}]}],"
                + "\"tools\":[{\"type\":\"web_search_20250305\"}],"
                + "\"thinking\":{\"type\":\"adaptive\",\"display\":\"x\"}}");
    var openAi = Extensions.of(Dialect.OPENAI_CHAT, Map.of("user", new JsonText("\"u\"")));
    assertThat(write(of(Message.user("hi")).withExtensions(openAi))).doesNotContain("user\":");
  }

  @ParameterizedTest
  @CsvSource({
    "claude-3-7-sonnet-20250219, true",
    "claude-sonnet-4-20250514, true",
    "claude-opus-4-1-20250805, true",
    "claude-opus-4-1, true",
    "claude-haiku-4-5@20251001, true",
    "anthropic.claude-sonnet-4-5-20250929-v1:0, true",
    "claude-opus-4-0, true",
    "claude-opus-4-6, false",
    "claude-sonnet-4-6-20260217, false",
    "claude-opus-4-10, false",
    "claude-sonnet-5, false",
    "claude-mythos-preview, false"
  })
  void anEffortIsABudgetWhereThatIsWhatTheModelKnows(String model, boolean budget) {
    var request =
        of(Message.user("hi"))
            .withMaxTokens(20_000)
            .withForm(AnswerForm.ANY.withThinking(new Thinking.ByEffort(Effort.MINIMAL)));
    assertThat(write(request, model))
        .endsWith(
            budget
                ? "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}}"
                : "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"low\"}}");
  }

  @Test
  void anEffortIsLeftOutWhereABudgetWouldAskForThoughtsThatAreNotThere() {
    var call = new ToolCall("c", "f", new JsonText("{}"));
    var calling = Message.assistant("", List.of(call));
    var signed =
        calling.withThoughts(
            List.of(new Thought("t", Optional.of("s"), Optional.empty(), Dialect.ANTHROPIC)));
    assertThat(continued(OLD, calling)).doesNotContain("\"thinking\":{");
    assertThat(continued(OLD, calling.withThoughts(List.of(Thought.of("unsigned")))))
        .doesNotContain("\"thinking\":{");
    assertThat(continued(OLD, signed)).contains("\"budget_tokens\"");
    assertThat(continued(NEW, calling)).contains("\"thinking\":{\"type\":\"adaptive\"}");
    assertThat(continued(OLD, calling, Message.tool("c", "r"), Message.assistant("done")))
        .contains("\"budget_tokens\"");
    var first = Message.assistant("").withThoughts(signed.thoughts());
    assertThat(continued(OLD, first, calling)).contains("\"budget_tokens\"");
  }

  /** A request with an effort that ends with the result of call c. */
  private static String continued(String model, Message... answers) {
    var all = Stream.of(Stream.of(Message.user("hi")), Stream.of(answers)).flatMap(m -> m);
    boolean open = !answers[answers.length - 1].toolCalls().isEmpty();
    Message last = open ? Message.tool("c", "r") : Message.user("more");
    var request =
        of(Stream.concat(all, Stream.of(last)).toArray(Message[]::new)).withMaxTokens(9_000);
    var effort = AnswerForm.ANY.withThinking(new Thinking.ByEffort(Effort.LOW));
    return write(request.withForm(effort), model);
  }

  @Test
  void aBudgetLeavesRoomForTheAnswer() {
    var high = AnswerForm.ANY.withThinking(new Thinking.ByEffort(Effort.HIGH));
    var request = of(Message.user("hi")).withForm(high);
    assertThat(write(request.withMaxTokens(8_000), OLD)).contains("\"budget_tokens\":4000}");
    assertThat(write(request.withMaxTokens(1_025), OLD)).contains("\"budget_tokens\":1024}");
    assertThat(((LlmError.Unsupported) refusal(request.withMaxTokens(1_024), OLD)).path())
        .isEqualTo("reasoning_effort");
    var named = request.withForm(AnswerForm.ANY.withThinking(new Thinking.Budget(2_000)));
    assertThat(write(named.withMaxTokens(2_001), NEW)).contains("\"budget_tokens\":2000}");
    assertThat(refusal(named.withMaxTokens(2_000), NEW).message()).contains("max_tokens, 2000");
    var small = request.withForm(AnswerForm.ANY.withThinking(new Thinking.Budget(1_023)));
    assertThat(refusal(small.withMaxTokens(5_000), NEW).message()).contains("1024");
    assertThat(write(request.withForm(AnswerForm.ANY.withThinking(new Thinking.Off()))))
        .contains("\"thinking\":{\"type\":\"disabled\"}");
  }

  static Stream<Arguments> choices() {
    return Stream.of(
        Arguments.of(new ToolChoice.None(), "{\"type\":\"none\"}"),
        Arguments.of(
            new ToolChoice.Required(), "{\"type\":\"any\",\"disable_parallel_tool_use\":true}"),
        Arguments.of(
            new ToolChoice.Named("f"),
            "{\"type\":\"tool\",\"name\":\"f\",\"disable_parallel_tool_use\":true}"));
  }

  @ParameterizedTest
  @MethodSource("choices")
  void everyChoiceOfAToolHasItsWords(ToolChoice choice, String words) {
    var base = of(Message.user("hi"));
    var request =
        new ChatRequest(
            base.model(),
            base.messages(),
            List.of(TOOL),
            choice,
            base.sampling(),
            base.maxTokens(),
            base.extensions(),
            base.priority(),
            AnswerForm.ANY.withParallelToolCalls(false));
    assertThat(write(request)).endsWith("\"tool_choice\":" + words + "}");
  }

  static Stream<Arguments> refusals() {
    var hi = of(Message.user("hi"));
    var sound = new Part.Foreign(Dialect.OPENAI_CHAT, "input_audio", new JsonText("{}"));
    var image = new Part.Image(new ImageSource.Url("https://x/y.png"));
    return Stream.of(
        Arguments.of("temperature", with(hi, o -> o.temperature(new Temperature(1.1)))),
        Arguments.of("seed", with(hi, o -> o.seed(1))),
        Arguments.of("min_p", with(hi, o -> o.minP(0.1))),
        Arguments.of("frequency_penalty", with(hi, o -> o.frequencyPenalty(1))),
        Arguments.of("presence_penalty", with(hi, o -> o.presencePenalty(-1))),
        Arguments.of("repeat_penalty", with(hi, o -> o.repeatPenalty(1.1))),
        Arguments.of("logit_bias", with(hi, o -> o.logitBias(Map.of(7, 1.0)))),
        Arguments.of("logprobs", with(hi, o -> o.topLogprobs(0))),
        Arguments.of(
            "response_format",
            hi.withForm(AnswerForm.ANY.withFormat(new ResponseFormat.JsonObject()))),
        Arguments.of("messages[0].content", of(Message.of(Role.USER, List.of(sound)))),
        Arguments.of(
            "messages[1].content", of(Message.user("hi"), Message.of(Role.SYSTEM, List.of(image)))),
        Arguments.of("messages", of(Message.system("be kind"))),
        Arguments.of("messages", of(Message.assistant("").withThoughts(List.of(Thought.of("hm"))))),
        Arguments.of("messages[1].content", of(Message.user("hi"), Message.user(" \n"))));
  }

  private static ChatRequest with(
      ChatRequest request, java.util.function.UnaryOperator<SamplingOptions.Builder> options) {
    return request.withSampling(options.apply(SamplingOptions.builder()).build());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refusals")
  void whatTheDialectCannotSayIsRefusedByItsPath(String path, ChatRequest request) {
    assertThat(((LlmError.Unsupported) refusal(request, NEW)).path()).isEqualTo(path);
  }
}
