package llm.core.dialect.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import llm.core.dialect.openai.ModelResolver;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
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
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: bodies of POST /v1/messages")
class MessagesReaderTest {
  /** Before a provider of {@code dialect}. */
  static ModelResolver before(Optional<Dialect> dialect) {
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

  static ChatRequest read(String body, Optional<Dialect> dialect) throws LlmException {
    return MessagesReader.read(body.getBytes(StandardCharsets.UTF_8), before(dialect)).request();
  }

  private static ChatRequest atAnthropic(String body) throws LlmException {
    return read(body, Optional.of(Dialect.ANTHROPIC));
  }

  private static ChatRequest elsewhere(String body) throws LlmException {
    return read(body, Optional.empty());
  }

  private static String with(String fields) {
    return "{\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
        + (fields.isEmpty() ? "" : "," + fields)
        + "}";
  }

  @Test
  void readsWhatEveryRequestHas() throws LlmException {
    ChatRequest request =
        elsewhere(
            with(
                """
                "system":"be kind","temperature":0.5,"top_k":5,"top_p":0.9,"stream":true,
                "stop_sequences":["a","b"],"priority":"background"
                """));
    assertThat(request.model()).isEqualTo(new ModelName("m"));
    assertThat(request.messages()).containsExactly(Message.system("be kind"), Message.user("Hi"));
    assertThat(request.maxTokens()).contains(9);
    assertThat(request.sampling().temperature().orElseThrow().value()).isEqualTo(0.5);
    assertThat(request.sampling().topK()).contains(5);
    assertThat(request.sampling().topP()).contains(0.9);
    assertThat(request.sampling().stop()).containsExactly("a", "b");
    assertThat(request.priority()).isEqualTo(Priority.BACKGROUND);
    assertThat(request.extensions().isEmpty()).isTrue();
  }

  @Test
  void readsSystemBlocksImagesAndTheirFields() throws LlmException {
    ChatRequest request =
        elsewhere(
            """
            {"max_tokens":9,"system":[{"type":"text","text":"a"},
              {"cache_control":{"type":"ephemeral"},"text":"b","type":"text"}],
             "messages":[{"role":"user","content":[
              {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}},
              {"type":"image","source":{"type":"url","url":"https://x.example/i.png"}},
              {"type":"text","text":"see","citations":null}]}]}
            """);
    var cached =
        new Extensions(
            Dialect.ANTHROPIC,
            java.util.Map.of("cache_control", new JsonText("{\"type\":\"ephemeral\"}")));
    assertThat(request.messages().getFirst())
        .isEqualTo(
            Message.of(Role.SYSTEM, List.of(new Part.Text("a"), new Part.Text("b", cached))));
    assertThat(request.messages().getLast().parts())
        .containsExactly(
            new Part.Image(new ImageSource.Data("image/png", "AA==")),
            new Part.Image(new ImageSource.Url("https://x.example/i.png")),
            new Part.Text("see"));
  }

  @Test
  void resultsOfToolsBecomeMessagesOfTheirOwnBeforeWhatTheUserSays() throws LlmException {
    ChatRequest request =
        elsewhere(
            """
            {"max_tokens":9,"messages":[
             {"role":"user","content":"go"},
             {"role":"assistant","content":[
              {"type":"thinking","thinking":"hm","signature":"s"},
              {"type":"redacted_thinking","data":"x"},
              {"type":"text","text":"so"},
              {"type":"tool_use","id":"c1","name":"f","input":{"a": 1},"caller":{"type": "direct"}},
              {"type":"tool_use","id":"c2","name":"f","input":{}}]},
             {"role":"user","content":[
              {"type":"text","text":"and?"},
              {"type":"tool_result","tool_use_id":"c1","content":"one","is_error":true},
              {"type":"tool_result","tool_use_id":"c2","content":[{"type":"text","text":"two"},
               {"type":"image","source":{"type":"url","url":"http://x.example/"}}]}]}]}
            """);
    Message answer = request.messages().get(1);
    assertThat(answer.thoughts())
        .containsExactly(
            Thought.signed("hm", new Proof(Dialect.ANTHROPIC, "s")),
            Thought.hidden(new Proof(Dialect.ANTHROPIC, "x")));
    assertThat(answer.text()).isEqualTo("so");
    assertThat(answer.toolCalls().getFirst().arguments().value()).isEqualTo("{\"a\": 1}");
    assertThat(answer.toolCalls().getFirst().extensions().isEmpty()).isTrue();
    assertThat(request.messages().stream().map(Message::role))
        .containsExactly(Role.USER, Role.ASSISTANT, Role.TOOL, Role.TOOL, Role.USER);
    assertThat(request.messages().get(2).failed()).isTrue();
    assertThat(request.messages().get(2).toolCallId()).contains("c1");
    assertThat(request.messages().get(3).parts()).hasSize(2);
    assertThat(request.messages().get(4).text()).isEqualTo("and?");
  }

  @Test
  void keepsTheOrderOfAnAnswersBlocksWhereItsProviderKnowsThem() throws LlmException {
    String body =
        """
        {"max_tokens":9,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[
         {"type":"text","text":"a"},{"type":"tool_use","id":"c","name":"f","input":{}},
         {"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"b"}]},
         {"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}]}
        """;
    assertThat(elsewhere(body).messages()).hasSize(3);
    var kept = atAnthropic(body).messages();
    assertThat(kept).hasSize(4);
    assertThat(kept.get(1).toolCalls()).hasSize(1);
    assertThat(kept.get(2).thoughts()).hasSize(1);
    assertThat(kept.get(2).text()).isEqualTo("b");
  }

  @Test
  void readsToolsAndTheirChoice() throws LlmException {
    String tools =
        "\"tools\":[{\"name\":\"f\",\"description\":\"d\",\"input_schema\":{\"type\":\"object\"},"
            + "\"cache_control\":{\"type\":\"ephemeral\"}},"
            + "{\"type\":\"custom\",\"name\":\"g\",\"input_schema\":{}}],\"tool_choice\":";
    ChatRequest request =
        elsewhere(with(tools + "{\"type\":\"any\",\"disable_parallel_tool_use\":true}"));
    assertThat(request.toolChoice()).isEqualTo(new ToolChoice.Required());
    assertThat(request.form().parallelToolCalls()).contains(false);
    assertThat(request.tools()).hasSize(2);
    assertThat(request.tools().getFirst().description()).contains("d");
    assertThat(request.tools().getFirst().extensions().fields()).containsKey("cache_control");
    assertThat(elsewhere(with(tools + "{\"type\":\"tool\",\"name\":\"g\"}")).toolChoice())
        .isEqualTo(new ToolChoice.Named("g"));
    assertThat(elsewhere(with(tools + "{\"type\":\"none\"}")).toolChoice())
        .isEqualTo(new ToolChoice.None());
    assertThat(elsewhere(with(tools + "{\"type\":\"auto\"}")).form().parallelToolCalls()).isEmpty();
  }

  @Test
  void keepsToolsThatAnthropicRuns() throws LlmException {
    ChatRequest request =
        atAnthropic(
            with(
                "\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\","
                    + "\"max_uses\":3},{\"type\":\"mcp_toolset\",\"mcp_server_name\":\"x\"}]"));
    assertThat(request.tools().getFirst().name()).isEqualTo("web_search");
    assertThat(request.tools().getFirst().extensions().in(Dialect.ANTHROPIC))
        .isEqualTo(
            java.util.Map.of(
                "type", new JsonText("\"web_search_20250305\""),
                "name", new JsonText("\"web_search\""),
                "max_uses", new JsonText("3")));
    assertThat(request.tools().getLast().extensions().fields()).doesNotContainKey("name");
  }

  @Test
  void readsHowMuchToThinkAndWhatFormTheAnswerHas() throws LlmException {
    assertThat(thinking("\"thinking\":{\"type\":\"disabled\"}")).isEqualTo(new Thinking.Off());
    assertThat(thinking("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2048}"))
        .isEqualTo(new Thinking.Budget(2048));
    assertThat(thinking("\"thinking\":{\"type\":\"adaptive\"}")).isEqualTo(new Thinking.Adaptive());
    String effort = "\"output_config\":{\"effort\":\"low\"}";
    assertThat(thinking(effort)).isEqualTo(new Thinking.ByEffort(Thinking.Effort.LOW));
    assertThat(thinking("\"thinking\":{\"type\":\"adaptive\"}," + effort))
        .isEqualTo(new Thinking.ByEffort(Thinking.Effort.LOW));
    assertThat(thinking("\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":7}," + effort))
        .isEqualTo(new Thinking.Budget(7));
    String format = "{\"type\":\"json_schema\",\"schema\":{\"type\":\"object\"}}";
    for (String field :
        List.of("\"output_format\":" + format, "\"output_config\":{\"format\":" + format + "}")) {
      ChatRequest request = elsewhere(with(field));
      assertThat(request.form().format())
          .isEqualTo(
              new ResponseFormat.JsonSchema(
                  "answer", Optional.empty(), new JsonText("{\"type\":\"object\"}"), true));
      assertThat(request.extensions().isEmpty()).isTrue();
    }
  }

  @Test
  void keepsThinkingAndOutputAsTheyStandForProvidersThatReadThem() throws LlmException {
    String fields =
        "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":7},"
            + "\"output_config\":{\"effort\":\"max\"}";
    assertThat(atAnthropic(with(fields)).extensions().fields())
        .containsOnlyKeys("thinking", "output_config");
    assertThat(elsewhere(with(fields)).extensions().fields())
        .as("the budget counts; the caller is told that the effort does not")
        .containsOnlyKeys("output_config");
    String shown = "\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}";
    assertThat(elsewhere(with(shown)).extensions().fields())
        .as("our types know a part alone")
        .containsOnlyKeys("thinking");
  }

  @Test
  void keepsForeignBlocksWholeAndFieldsThatAreNotKnown() throws LlmException {
    String document = "{\"type\":\"document\", \"source\":{\"type\":\"text\",\"data\":\"x\"}}";
    ChatRequest request =
        atAnthropic(
            "{\"max_tokens\":9,\"metadata\":{\"user_id\":\"u\"},\"container\":\"c\",\"new\":[1],"
                + "\"messages\":[{\"role\":\"user\",\"content\":["
                + document
                + ",{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]}");
    assertThat(request.extensions().dialect()).isEqualTo(Dialect.ANTHROPIC);
    assertThat(request.extensions().fields()).containsOnlyKeys("metadata", "container", "new");
    assertThat(request.messages().getFirst().parts().getFirst())
        .isEqualTo(new Part.Foreign(Dialect.ANTHROPIC, "document", new JsonText(document)));
    assertThat(request.messages().getFirst().parts().getLast()).isInstanceOf(Part.Foreign.class);
  }

  @Test
  void countsNeedNoLimit() throws LlmException {
    String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    ChatRequest request =
        MessagesReader.readToCount(body.getBytes(StandardCharsets.UTF_8), before(Optional.empty()));
    assertThat(request.maxTokens()).isEmpty();
  }

  private static Thinking thinking(String field) throws LlmException {
    return elsewhere(with(field)).form().thinking().orElseThrow();
  }
}
