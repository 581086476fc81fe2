package llm.core.dialect.responses;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import llm.core.dialect.openai.ModelResolver;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Priority;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.Role;
import llm.domain.chat.ToolChoice;
import llm.domain.content.Dialect;
import llm.domain.content.ImageSource;
import llm.domain.content.Proof;
import llm.domain.content.Thinking;
import llm.domain.content.Thought;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-3: bodies of the Responses API")
class ResponsesRequestReaderTest {

  private static ModelResolver provider(Optional<Dialect> dialect) {
    return new ModelResolver() {
      @Override
      public ModelName resolve(Optional<String> asked) {
        return new ModelName(asked.orElse("default"));
      }

      @Override
      public Optional<Dialect> dialect(ModelName model) {
        return dialect;
      }
    };
  }

  private static ResponseCall read(String body, Dialect... dialect) throws LlmException {
    var spoken = dialect.length == 0 ? Optional.<Dialect>empty() : Optional.of(dialect[0]);
    return ResponsesRequestReader.read(body.getBytes(UTF_8), provider(spoken));
  }

  private static ChatRequest request(String body, Dialect... dialect) throws LlmException {
    return read(body, dialect).request(List.of(), _ -> Optional.empty());
  }

  @Test
  void aStringIsTheUsersAndInstructionsStandBeforeIt() throws Exception {
    ChatRequest asked = request("{\"input\":\"hi\",\"instructions\":\"be kind\"}");
    assertThat(asked.model().value()).isEqualTo("default");
    assertThat(asked.messages()).containsExactly(Message.system("be kind"), Message.user("hi"));
  }

  @Test
  void itemsOfOneAnswerBecomeOneMessageAgain() throws Exception {
    ChatRequest asked =
        request(
            """
            {"input":[{"role":"developer","content":"rules"},
             {"type":"message","role":"user","content":[{"type":"input_text","text":"what?"},
               {"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"low"}]},
             {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"hm"}],
              "encrypted_content":"proof"},
             {"id":"msg_1","type":"message","role":"assistant","status":"completed",
              "content":[{"type":"output_text","text":"Let me look.","annotations":[],"logprobs":[]}]},
             {"type":"function_call","id":"fc_1","call_id":"a","name":"f","arguments":"{\\"x\\":1}"},
             {"type":"function_call","call_id":"b","name":"g","arguments":"{}"},
             {"type":"function_call_output","call_id":"a","output":"1"},
             {"type":"function_call_output","call_id":"b","output":[{"type":"input_text","text":"2"}]}]}
            """);
    List<Message> messages = asked.messages();
    assertThat(messages)
        .extracting(Message::role)
        .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.TOOL, Role.TOOL);
    assertThat(messages.get(1).parts().get(1))
        .isInstanceOfSatisfying(
            Part.Image.class,
            image -> {
              assertThat(image.source()).isEqualTo(new ImageSource.Data("image/png", "AA=="));
              assertThat(image.detail()).contains("low");
            });
    Message said = messages.get(2);
    assertThat(said.text()).isEqualTo("Let me look.");
    assertThat(said.thoughts())
        .containsExactly(Thought.signed("hm", new Proof(Dialect.OPENAI_RESPONSES, "proof")));
    assertThat(said.toolCalls())
        .extracting(call -> call.id() + call.name() + call.arguments())
        .containsExactly("af{\"x\":1}", "bg{}");
    assertThat(messages.get(4).toolCallId()).contains("b");
    assertThat(messages.get(4).text()).isEqualTo("2");
  }

  @Test
  void everythingOfTheFormIsRead() throws Exception {
    ChatRequest asked =
        request(
            """
            {"input":"hi","model":"m","temperature":0.5,"top_p":0.9,"max_output_tokens":7,
             "parallel_tool_calls":false,"tool_choice":{"type":"function","name":"f"},
             "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},
               "strict":null}],
             "reasoning":{"effort":"high","summary":"auto"},"top_logprobs":2,
             "include":["message.output_text.logprobs","reasoning.encrypted_content"],
             "text":{"format":{"type":"json_schema","name":"s","schema":{"type":"object"},
               "strict":true}}}
            """);
    assertThat(asked.maxTokens()).contains(7);
    assertThat(asked.sampling().topLogprobs()).contains(2);
    assertThat(asked.toolChoice()).isEqualTo(new ToolChoice.Named("f"));
    assertThat(asked.tools()).hasSize(1);
    assertThat(asked.form().parallelToolCalls()).contains(false);
    assertThat(asked.form().thinking()).contains(new Thinking.ByEffort(Thinking.Effort.HIGH));
    assertThat(asked.form().format())
        .isInstanceOfSatisfying(
            ResponseFormat.JsonSchema.class, schema -> assertThat(schema.strict()).isTrue());
    assertThat(asked.extensions().isEmpty()).as("all of it is ours").isTrue();
  }

  @Test
  void whatOnlyTheDialectKnowsReachesItsProviders() throws Exception {
    String body =
        """
        {"input":[{"type":"web_search_call","id":"ws_1","status":"completed"},
          {"role":"user","content":[{"type":"input_file","file_id":"f"}]}],
         "tools":[{"type":"web_search"}],"tool_choice":{"type":"web_search"},"truncation":"auto",
         "text":{"verbosity":"low"},"reasoning":{"summary":"concise"},"prompt":{"id":"p"},"x":{"y":1}}
        """;
    ChatRequest asked = request(body, Dialect.OPENAI_RESPONSES);
    assertThat(asked.extensions().dialect()).isEqualTo(Dialect.OPENAI_RESPONSES);
    assertThat(asked.extensions().fields().keySet())
        .containsExactlyInAnyOrder(
            "tools",
            "tool_choice",
            "truncation",
            "text.verbosity",
            "reasoning.summary",
            "prompt",
            "x");
    assertThat(asked.extensions().fields().get("tools").value())
        .isEqualTo("[{\"type\":\"web_search\"}]");
    assertThat(asked.messages().getFirst().parts().getFirst())
        .isInstanceOfSatisfying(
            Part.Foreign.class, item -> assertThat(item.type()).isEqualTo("web_search_call"));
    assertThatThrownBy(() -> request(body, Dialect.OPENAI_CHAT)).isInstanceOf(LlmException.class);
  }

  @Test
  void workThatMayWaitWaits() throws Exception {
    assertThat(request("{\"input\":\"a\",\"service_tier\":\"flex\"}").priority())
        .isEqualTo(Priority.BACKGROUND);
    assertThat(request("{\"input\":\"a\",\"background\":true}").priority())
        .isEqualTo(Priority.BACKGROUND);
    assertThat(
            request("{\"input\":\"a\",\"background\":true,\"priority\":\"interactive\"}")
                .priority())
        .isEqualTo(Priority.INTERACTIVE);
  }

  @Test
  void anItemThatIsOnlyNamedIsFoundOrRefused() throws Exception {
    ResponseCall asked = read("{\"input\":[{\"type\":\"item_reference\",\"id\":\"msg_1\"}]}");
    var item = new JsonText("{\"type\":\"message\",\"role\":\"user\",\"content\":\"kept\"}");
    assertThat(asked.request(List.of(), _ -> Optional.of(item)).messages())
        .containsExactly(Message.user("kept"));
    assertThatThrownBy(() -> asked.request(List.of(), _ -> Optional.empty()))
        .hasMessageContaining("msg_1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|input",
        "{\"input\":3}|input",
        "{\"input\":[3]}|input[0]",
        "{\"input\":[]}|input",
        "{\"input\":[{\"content\":\"a\"}]}|input[0].type",
        "{\"input\":[{\"role\":\"king\",\"content\":\"a\"}]}|input[0].role",
        "{\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]}|input[0].content[0]",
        "{\"input\":[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"f\"}]}|input[0].arguments",
        "{\"input\":[{\"type\":\"computer_call\"}]}|input[0]",
        "{\"input\":\"a\",\"tools\":[{\"type\":\"mcp\"}]}|tools[0]",
        "{\"input\":\"a\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"strict\":true}]}|tools[0].strict",
        "{\"input\":\"a\",\"tool_choice\":\"required\"}|tool_choice",
        "{\"input\":\"a\",\"conversation\":\"c\"}|conversation",
        "{\"input\":\"a\",\"prompt\":{\"id\":\"p\"}}|prompt",
        "{\"input\":\"a\",\"service_tier\":\"priority\"}|service_tier",
        "{\"input\":\"a\",\"truncation\":\"no\"}|truncation",
        "{\"input\":\"a\",\"temperature\":3}|temperature",
        "{\"input\":\"a\",\"top_logprobs\":21}|top_logprobs",
        "{\"input\":\"a\",\"max_output_tokens\":0}|max_output_tokens",
        "{\"input\":\"a\",\"metadata\":{\"a\":1}}|metadata.a",
        "{\"input\":\"a\",\"reasoning\":{\"effort\":\"huge\"}}|reasoning.effort",
        "{\"input\":\"a\",\"text\":{\"format\":{\"type\":\"grammar\"}}}|text.format",
        "{\"input\":\"a\",\"background\":true,\"store\":false}|store",
        "{\"input\":\"a\",\"stream_options\":{}}|stream_options",
      })
  void refusesByThePath(String body, String path) {
    assertThatThrownBy(() -> request(body))
        .isInstanceOfSatisfying(
            LlmException.class, refused -> assertThat(pathOf(refused.error())).isEqualTo(path));
  }

  private static String pathOf(LlmError error) {
    return switch (error) {
      case LlmError.InvalidRequest invalid -> invalid.path().orElse("");
      case LlmError.Unsupported unsupported -> unsupported.path();
      default -> error.toString();
    };
  }
}
