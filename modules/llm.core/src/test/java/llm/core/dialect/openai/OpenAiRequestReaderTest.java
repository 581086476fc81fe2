package llm.core.dialect.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Priority;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Thought;
import llm.domain.error.LlmException;
import llm.domain.model.AdapterUse;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-3: what a chat completion body may say")
class OpenAiRequestReaderTest {
  private static final ModelResolver AS_ASKED = asked -> new ModelName(asked.orElse("default"));

  @Test
  void readsTheSmallestBody() throws LlmException {
    ChatCall call = read("{\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}");

    assertThat(call.request().model().value()).isEqualTo("default");
    assertThat(call.request().messages()).containsExactly(Message.user("hi"));
    assertThat(call.request().tools()).isEmpty();
    assertThat(call.request().toolChoice()).isEqualTo(new ToolChoice.Auto());
    assertThat(call.request().sampling()).isEqualTo(SamplingOptions.DEFAULTS);
    assertThat(call.request().maxTokens()).isEmpty();
    assertThat(call.request().extensions().fields()).isEmpty();
    assertThat(call.stream()).isFalse();
    assertThat(call.includeUsage()).isFalse();
  }

  @Test
  void readsEveryFieldThatIsDone() throws LlmException {
    ChatCall call =
        read(
            """
            {"model":"m1","stream":true,"stream_options":{"include_usage":true,
              "include_obfuscation":false},
             "temperature":0.5,"top_p":0.9,"top_k":40,"min_p":0.05,"seed":-7,"stop":["a","b"],
             "frequency_penalty":-2,"presence_penalty":2.0,"repeat_penalty":1.1,
             "repetition_penalty":1.10,"logit_bias":{"50256":-100,"7":1.5},"logprobs":true,
             "top_logprobs":20,"priority":"background","max_tokens":12,"max_completion_tokens":12,
             "messages":[{"content":"be kind","role":"developer"},{"role":"user","content":"x"}]}\
            """);

    assertThat(call.stream()).isTrue();
    assertThat(call.includeUsage()).isTrue();
    assertThat(call.request().model().value()).isEqualTo("m1");
    assertThat(call.request().maxTokens()).contains(12);
    assertThat(call.request().messages().getFirst()).isEqualTo(Message.system("be kind"));
    assertThat(call.request().sampling())
        .isEqualTo(
            SamplingOptions.builder()
                .temperature(new Temperature(0.5))
                .topP(0.9)
                .topK(40)
                .minP(0.05)
                .seed(-7)
                .stop(List.of("a", "b"))
                .frequencyPenalty(-2)
                .presencePenalty(2)
                .repeatPenalty(1.1)
                .logitBias(Map.of(50256, -100.0, 7, 1.5))
                .topLogprobs(20)
                .build());
    assertThat(call.request().priority()).isEqualTo(Priority.BACKGROUND);
  }

  @Test
  void adaptersAreNamedOrNumbered() throws LlmException {
    ChatCall call =
        read(
            """
            {"lora":[{"id":0,"scale":0.5},{"scale":-2,"name":"poet"},{"name":"cook"}],
             "messages":[{"role":"user","content":"x"}]}\
            """);
    assertThat(call.request().sampling().adapters())
        .containsExactly(
            new AdapterUse.Numbered(0, Optional.of(.5)),
            new AdapterUse.Named("poet", Optional.of(-2.0)),
            new AdapterUse.Named("cook", Optional.empty()));
    assertThat(call.request().extensions().isEmpty()).isTrue();
  }

  @Test
  void logProbabilitiesWithoutAlternativesAreAskedForByOneField() throws LlmException {
    String rest = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    assertThat(read("{\"logprobs\":true," + rest).request().sampling().topLogprobs()).contains(0);
    assertThat(read("{\"logprobs\":false," + rest).request().sampling().topLogprobs()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | INTERACTIVE",
        "\"priority\":\"interactive\", | INTERACTIVE",
        "\"priority\":\"background\", | BACKGROUND",
        "\"priority\":5, | INTERACTIVE",
        "\"service_tier\":\"flex\", | BACKGROUND",
        "\"service_tier\":\"auto\", | INTERACTIVE",
        "\"service_tier\":\"flex\",\"priority\":\"interactive\", | INTERACTIVE"
      })
  void saysWhetherSomebodyWaits(String fields, Priority priority) throws LlmException {
    String rest = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    assertThat(read("{" + fields + rest).request().priority()).isEqualTo(priority);
  }

  @Test
  void readsToolsByteExact() throws LlmException {
    String schema = "{ \"type\":\"object\",\n \"properties\" : {\"ü\":{\"enum\":[1.50, 1e3]}} }";
    ChatCall call =
        read(
            """
            {"messages":[{"role":"user","content":"x"}],
             "tools":[{"type":"function","function":{"name":"f","description":"d","strict":false,
               "parameters":%s}},{"type":"function","function":{"name":"g"}}],
             "tool_choice":{"type":"function","function":{"name":"g"}}}\
            """
                .formatted(schema));

    assertThat(call.request().tools())
        .containsExactly(
            new ToolDefinition("f", Optional.of("d"), new JsonText(schema)),
            new ToolDefinition(
                "g", Optional.empty(), new JsonText("{\"type\":\"object\",\"properties\":{}}")));
    assertThat(call.request().toolChoice()).isEqualTo(new ToolChoice.Named("g"));
  }

  @Test
  void readsAConversationWithToolCalls() throws LlmException {
    ChatCall call =
        read(
            """
            {"messages":[{"role":"user","content":[{"type":"text","text":"a"},
                {"text":"b","type":"text"}]},
              {"role":"assistant","content":null,"refusal":null,"annotations":[],"tool_calls":[
                {"id":"c1","index":0,"type":"function",
                 "function":{"name":"f","arguments":"{\\"x\\": 1}"}}]},
              {"role":"tool","tool_call_id":"c1","content":"42"},
              {"role":"assistant","content":"done","reasoning_content":"hm","tool_calls":[]},
              {"role":"user","name":"ann","content":""}]}\
            """);

    assertThat(call.request().messages())
        .containsExactly(
            Message.of(Role.USER, List.of(new Part.Text("a"), new Part.Text("b"))),
            Message.assistant("", List.of(new ToolCall("c1", "f", new JsonText("{\"x\": 1}")))),
            Message.tool("c1", "42"),
            Message.assistant("done").withThoughts(List.of(Thought.of("hm"))),
            new Message(Role.USER, "", List.of(), Optional.empty(), Optional.of("ann")));
  }

  @Test
  void keepsUnknownFieldsByteExact() throws LlmException {
    ChatCall call =
        read(
            """
            {"x_list":[1, 2.0,"é\\u00e9",{"a" : null}],"x_number": -1.50E+2 ,"x_text":"q\\n",
             "x_true":true,"x_null":null,"user":"u-1","metadata":{"k":"v"},
             "messages":[{"role":"user","content":"x"}],"x_last":{ }}\
            """);

    assertThat(call.request().extensions().fields())
        .containsOnlyKeys("x_list", "x_number", "x_text", "x_true", "user", "metadata", "x_last")
        .containsEntry("x_list", new JsonText("[1, 2.0,\"é\\u00e9\",{\"a\" : null}]"))
        .containsEntry("x_number", new JsonText("-1.50E+2"))
        .containsEntry("x_text", new JsonText("\"q\\n\""))
        .containsEntry("x_true", new JsonText("true"))
        .containsEntry("x_last", new JsonText("{ }"));
  }

  @Test
  void takesNullAsAbsent() throws LlmException {
    ChatCall call =
        read(
            """
            {"model":null,"temperature":null,"top_p":null,"n":null,"stop":null,"tools":null,
             "tool_choice":null,"stream":null,"stream_options":null,"response_format":null,
             "functions":null,"logprobs":null,"max_tokens":null,"seed":null,
             "messages":[{"role":"user","content":"x","name":null,"tool_calls":null}]}\
            """);

    assertThat(call.request().messages()).containsExactly(Message.user("x"));
    assertThat(call.request().extensions().fields()).isEmpty();
  }

  @Test
  void letsUndoneFieldsThroughWhereTheyAskForNothing() throws LlmException {
    ChatCall call =
        read(
            """
            {"n":1,"logprobs":false,"top_logprobs":0,"logit_bias":{},"response_format":{"type":"text"},"modalities":["text"],"store":false,
             "parallel_tool_calls":true,"service_tier":"auto","verbosity":"medium",
             "messages":[{"role":"user","content":"x"}]}\
            """);

    assertThat(call.request().extensions().fields())
        .as("for a provider that takes them")
        .containsOnlyKeys("store", "service_tier", "verbosity");
    assertThat(call.request().form().format()).isEqualTo(new ResponseFormat.Text());
    assertThat(call.request().form().parallelToolCalls()).contains(true);
    assertThat(call.request().sampling()).isEqualTo(SamplingOptions.DEFAULTS);
  }

  @Test
  void readsOneStopStringAndChoicesByName() throws LlmException {
    String tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}],";
    String rest = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

    assertThat(read("{\"stop\":\"END\"," + rest).request().sampling().stop())
        .containsExactly("END");
    assertThat(read("{\"tool_choice\":\"none\"," + rest).request().toolChoice())
        .isEqualTo(new ToolChoice.None());
    assertThat(read("{\"tool_choice\":\"auto\"," + rest).request().toolChoice())
        .isEqualTo(new ToolChoice.Auto());
    assertThat(read("{\"tool_choice\":\"required\"," + tools + rest).request().toolChoice())
        .isEqualTo(new ToolChoice.Required());
  }

  @Test
  void skipsAByteOrderMarkAndKeepsPositionsRight() throws LlmException {
    ChatCall call =
        read("\uFEFF{\"x\":[1 ,2],\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}\n ");

    assertThat(call.request().extensions().fields()).containsEntry("x", new JsonText("[1 ,2]"));
  }

  @Test
  void keepsControlCharactersAndPairsOfSurrogatesInText() throws LlmException {
    ChatCall call =
        read(
            "{\"messages\":[{\"role\":\"user\",\"content\":\"\\u0000\\u001f\\t\\ud83d\\ude00😀\"}]}");

    assertThat(call.request().messages().getFirst().text()).isEqualTo("\u0000\u001f\t😀😀");
  }

  @Test
  void asksTheResolverWithWhatTheBodySays() throws LlmException {
    byte[] body =
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"asked\"}".getBytes();

    ChatCall call =
        OpenAiRequestReader.read(body, asked -> new ModelName("got-" + asked.orElseThrow()));

    assertThat(call.request().model().value()).isEqualTo("got-asked");
  }

  private static ChatCall read(String body) throws LlmException {
    return OpenAiRequestReader.read(body.getBytes(StandardCharsets.UTF_8), AS_ASKED);
  }
}
