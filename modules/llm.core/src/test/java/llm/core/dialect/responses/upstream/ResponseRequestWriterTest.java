package llm.core.dialect.responses.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import llm.core.dialect.json.JsonCursor;
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
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-2 a request goes to an upstream of OpenAI's Responses as it was asked")
class ResponseRequestWriterTest {
  private static final ResponseTraits REASONS = new ResponseTraits(true, true, Optional.of("auto"));
  private static final ModelName MODEL = new ModelName("up/m");

  @Test
  void everyFieldIsWrittenOnce() {
    ChatRequest request =
        new ChatRequest(
                MODEL,
                List.of(
                    Message.system("be \"kind\""),
                    Message.user("grüße 😀"),
                    Message.assistant(
                            "", List.of(new ToolCall("c", "f", new JsonText("{\"x\":1}"))))
                        .withThoughts(
                            List.of(
                                Thought.of("nobody's"),
                                Thought.signed("hm", new Proof(Dialect.OPENAI_RESPONSES, "proof")),
                                Thought.hidden(new Proof(Dialect.OPENAI_RESPONSES, "secret")))),
                    Message.tool("c", "1"),
                    Message.system("be brief")),
                List.of(new ToolDefinition("f", Optional.of("does"), new JsonText("{ }"))),
                new ToolChoice.Named("f"),
                SamplingOptions.builder()
                    .temperature(new Temperature(0.5))
                    .topP(0.9)
                    .topLogprobs(3)
                    .build(),
                Optional.of(12),
                Extensions.NONE)
            .withForm(
                AnswerForm.ANY
                    .withFormat(
                        new ResponseFormat.JsonSchema(
                            "s", Optional.empty(), new JsonText("{ \"a\":1}"), true))
                    .withParallelToolCalls(false)
                    .withThinking(new Thinking.ByEffort(Thinking.Effort.LOW)));
    assertThat(write(request, true, REASONS))
        .isEqualTo(
            "{\"model\":\"m\",\"instructions\":\"be \\\"kind\\\"\",\"input\":["
                + json("{'type':'message','role':'user','content':'grüße 😀'},")
                + json("{'type':'reasoning','summary':[{'type':'summary_text','text':'hm'}],")
                + json("'encrypted_content':'proof'},")
                + json("{'type':'reasoning','summary':[],'encrypted_content':'secret'},")
                + json("{'type':'function_call','call_id':'c','name':'f',")
                + "\"arguments\":\"{\\\"x\\\":1}\"},"
                + json("{'type':'function_call_output','call_id':'c','output':'1'},")
                + json("{'type':'message','role':'developer','content':'be brief'}],")
                + json("'tools':[{'type':'function','name':'f','description':'does',")
                + json("'parameters':{ },'strict':false}],")
                + json("'tool_choice':{'type':'function','name':'f'},")
                + json("'temperature':0.5,'top_p':0.9,'top_logprobs':3,'max_output_tokens':12,")
                + json("'parallel_tool_calls':false,'text':{'format':{'type':'json_schema',")
                + json("'name':'s','schema':{ 'a':1},'strict':true}},")
                + json("'reasoning':{'effort':'low','summary':'auto'},")
                + json("'include':['message.output_text.logprobs',")
                + json("'reasoning.encrypted_content'],'store':false,'stream':true}"));
  }

  @Test
  void whatIsLeftToTheProviderIsNotWritten() {
    assertThat(write(ChatRequest.of(MODEL, List.of(Message.user("hi"))), false))
        .isEqualTo(
            json(
                "{'model':'m','input':[{'type':'message','role':'user','content':'hi'}],"
                    + "'store':false}"));
  }

  @Test
  void instructionsAloneAreStillSomethingToAnswer() {
    assertThat(write(ChatRequest.of(MODEL, List.of(Message.system("hi"))), false))
        .contains(json("'input':[{'type':'message','role':'system','content':'hi'}]"))
        .doesNotContain("instructions");
  }

  @Test
  void imagesAndForeignPartsStandInTheirMessage() {
    var image = new ImageSource.Data("image/png", "AAAA");
    Message message =
        Message.of(
            Role.USER,
            List.of(
                new Part.Text("what?"),
                new Part.Image(image, Optional.of("low"), Extensions.NONE),
                new Part.Foreign(
                    Dialect.OPENAI_RESPONSES,
                    "input_file",
                    new JsonText("{ \"type\":\"input_file\" }"))));
    assertThat(write(ChatRequest.of(MODEL, List.of(message)), false))
        .contains(
            json(
                "'content':[{'type':'input_text','text':'what?'},{'type':'input_image',"
                    + "'image_url':'data:image/png;base64,AAAA','detail':'low'},"
                    + "{ 'type':'input_file' }]"));
  }

  @Test
  void aForeignItemStandsByItself() {
    var item = new JsonText("{\"type\":\"item_reference\", \"id\":\"i\"}");
    Message message =
        Message.of(
            Role.USER,
            List.of(
                new Part.Text("a"),
                new Part.Foreign(Dialect.OPENAI_RESPONSES, "item_reference", item)));
    assertThat(write(ChatRequest.of(MODEL, List.of(message)), false))
        .contains(json("[{'type':'message','role':'user','content':'a'},") + item.value() + "]");
  }

  @Test
  void fieldsOfTheCallersDialectGoAlongByteForByte() {
    ChatRequest request =
        ChatRequest.of(MODEL, List.of(Message.user("hi")))
            .withTools(List.of(new ToolDefinition("f", Optional.empty(), new JsonText("{}"))))
            .withForm(AnswerForm.ANY.withThinking(new Thinking.ByEffort(Thinking.Effort.HIGH)))
            .withExtensions(
                Extensions.of(
                    Dialect.OPENAI_RESPONSES,
                    Map.of(
                        "store", new JsonText("true"),
                        "tools", new JsonText("[{\"type\": \"web_search\"}]"),
                        "include", new JsonText("[\"reasoning.encrypted_content\"]"),
                        "text", new JsonText("{\"verbosity\": \"low\"}"),
                        "reasoning", new JsonText("{\"summary\":\"detailed\",\"effort\":\"low\"}"),
                        "model", new JsonText("\"other\""))));
    String body = write(request, false, REASONS);
    assertThat(body)
        .contains(json("'strict':false},{'type': 'web_search'}]"))
        .contains(json("'text':{'verbosity':'low'}"))
        .contains(json("'reasoning':{'effort':'high','summary':'detailed'}"))
        .contains(json("'include':['reasoning.encrypted_content']"))
        .contains(json("'store':true"))
        .doesNotContain("other");
    var chat = Extensions.of(Dialect.OPENAI_CHAT, Map.of("verbosity", new JsonText("\"low\"")));
    assertThat(write(request.withExtensions(chat), false)).doesNotContain("verbosity");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stop",
        "seed",
        "top_k",
        "min_p",
        "frequency_penalty",
        "presence_penalty",
        "repeat_penalty",
        "logit_bias"
      })
  void whatTheDialectHasNoWordsForIsRefused(String field) {
    var sampling = SamplingOptions.builder();
    switch (field) {
      case "stop" -> sampling.stop(List.of("x"));
      case "seed" -> sampling.seed(1);
      case "top_k" -> sampling.topK(1);
      case "min_p" -> sampling.minP(.1);
      case "frequency_penalty" -> sampling.frequencyPenalty(1);
      case "presence_penalty" -> sampling.presencePenalty(1);
      case "repeat_penalty" -> sampling.repeatPenalty(1.1);
      default -> sampling.logitBias(Map.of(1, 1.0));
    }
    ChatRequest request =
        ChatRequest.of(MODEL, List.of(Message.user("hi"))).withSampling(sampling.build());
    assertThatThrownBy(() -> ResponseRequestWriter.write(request, "m", false, REASONS))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isInstanceOfSatisfying(
                        LlmError.Unsupported.class,
                        error -> assertThat(error.path()).isEqualTo(field)));
  }

  @Test
  void contentOfAnotherDialectIsRefused() {
    var part = new Part.Foreign(Dialect.ANTHROPIC, "document", new JsonText("{}"));
    var request = ChatRequest.of(MODEL, List.of(Message.of(Role.USER, List.of(part))));
    assertThatThrownBy(() -> ResponseRequestWriter.write(request, "m", false, REASONS))
        .hasMessageContaining("document");
    var image = new Part.Image(new ImageSource.Url("https://x/y.png"));
    var painted = ChatRequest.of(MODEL, List.of(Message.of(Role.ASSISTANT, List.of(image))));
    assertThatThrownBy(() -> ResponseRequestWriter.write(painted, "m", false, REASONS))
        .hasMessageContaining("image");
  }

  @Test
  void whateverIsAskedTheBodyIsJson() throws LlmException {
    long seed = 20_261_121;
    var random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      byte[] body = bytes(random(random), random.nextBoolean(), REASONS);
      JsonText whole = JsonCursor.document(body, JsonCursor::cutObject);
      assertThat(whole.value()).as("seed %d, round %d", seed, round).isNotEmpty();
    }
  }

  private static ChatRequest random(Random random) {
    Message[] kinds = {
      Message.user(text(random)),
      Message.system(text(random)),
      Message.assistant(text(random)),
      Message.assistant(text(random), List.of(new ToolCall("c", "f", new JsonText(text(random))))),
      Message.tool("c", text(random)),
      Message.assistant("")
          .withThoughts(List.of(Thought.hidden(new Proof(Dialect.OPENAI_RESPONSES, text(random))))),
      Message.of(Role.USER, List.of(new Part.Text(text(random)), new Part.Text(text(random))))
    };
    var messages = random.ints(1 + random.nextInt(5), 0, kinds.length).mapToObj(i -> kinds[i]);
    UnaryOperator<ChatRequest> form =
        request ->
            random.nextBoolean()
                ? request
                : request.withForm(
                    AnswerForm.ANY
                        .withFormat(new ResponseFormat.JsonObject())
                        .withThinking(new Thinking.Budget(1 + random.nextInt(99_999))));
    return form.apply(ChatRequest.of(MODEL, messages.toList()));
  }

  private static String text(Random random) {
    String[] pieces = {"", "a", "\"", "\\", "\n", "\u0001", "ü", "😀", "\ud83d", "{\"x\":"};
    var text = new StringBuilder();
    for (int i = random.nextInt(6); i > 0; i--) {
      text.append(pieces[random.nextInt(pieces.length)]);
    }
    return text.toString();
  }

  private static String json(String text) {
    return text.replace('\'', '"');
  }

  private static String write(ChatRequest request, boolean stream) {
    return write(request, stream, ResponseTraits.COMMON);
  }

  private static String write(ChatRequest request, boolean stream, ResponseTraits traits) {
    try {
      return new String(bytes(request, stream, traits), StandardCharsets.UTF_8);
    } catch (LlmException refused) {
      throw new AssertionError(refused);
    }
  }

  private static byte[] bytes(ChatRequest request, boolean stream, ResponseTraits traits)
      throws LlmException {
    return ResponseRequestWriter.write(request, "m", stream, traits);
  }
}
