package llm.domain.interaction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.text.JsonSyntax;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("D-3 toApiFormat")
class ApiFormatTest {
  private static final ModelName MODEL = new ModelName("gpt-4o");

  @Test
  void hasExactlyFiveKeysAlsoWhenNothingIsSet() {
    var request = ChatRequest.of(MODEL, List.of(Message.user("Say \"hi\"")));
    assertThat(ApiFormat.of(request).toJson().value())
        .isEqualTo(
            """
            {"model":"gpt-4o",\
            "messages":[{"role":"user","content":"Say \\"hi\\""}],\
            "tools":[],"temperature":null,"max_tokens":null}\
            """);
  }

  @Test
  void leavesOutWhatOnlyADialectCanSay() {
    var request =
        new ChatRequest(
            MODEL,
            List.of(Message.user("Hi")),
            List.of(),
            new ToolChoice.None(),
            SamplingOptions.DEFAULTS.withTemperature(Temperature.balanced()),
            Optional.of(4096),
            Extensions.of(Dialect.OPENAI_CHAT, Map.of("user", new JsonText("\"u-1\""))));
    assertThat(ApiFormat.of(request).toJson().value())
        .isEqualTo(
            """
            {"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],\
            "tools":[],"temperature":0.7,"max_tokens":4096}\
            """);
  }

  @Test
  void writesToolsTheirCallsAndTheirResults() {
    var schema = new JsonText("{ \"type\" : \"object\" }");
    var request =
        ChatRequest.of(
                MODEL,
                List.of(
                    new Message(
                        Role.USER, "Read it", List.of(), Optional.empty(), Optional.of("Ann")),
                    Message.assistant(
                        "", List.of(new ToolCall("c1", "read", new JsonText("{\"p\":\"a")))),
                    Message.tool("c1", "line\n2"),
                    Message.assistant(
                        "And", List.of(new ToolCall("c2", "read", JsonText.EMPTY_OBJECT))),
                    Message.tool("c2", "")))
            .withTools(
                List.of(
                    new ToolDefinition("read", Optional.of("Reads."), schema),
                    new ToolDefinition("stop", Optional.empty(), JsonText.EMPTY_OBJECT)));
    String json = ApiFormat.of(request).toJson().value();
    assertThat(JsonSyntax.firstError(json)).isEqualTo(-1);
    assertThat(json)
        .isEqualTo(
            """
            {"model":"gpt-4o","messages":[\
            {"role":"user","content":"Read it","name":"Ann"},\
            {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",\
            "function":{"name":"read","arguments":"{\\"p\\":\\"a"}}]},\
            {"role":"tool","content":"line\\n2","tool_call_id":"c1"},\
            {"role":"assistant","content":"And","tool_calls":[{"id":"c2","type":"function",\
            "function":{"name":"read","arguments":"{}"}}]},\
            {"role":"tool","content":"","tool_call_id":"c2"}],\
            "tools":[{"type":"function","function":{"name":"read","description":"Reads.",\
            "parameters":{ "type" : "object" }}},\
            {"type":"function","function":{"name":"stop","parameters":{}}}],\
            "temperature":null,"max_tokens":null}\
            """);
  }
}
