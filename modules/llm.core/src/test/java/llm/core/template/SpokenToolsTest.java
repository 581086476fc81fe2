package llm.core.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.template.ConversationTemplate.Ending;
import llm.core.template.ConversationTemplate.Marks;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.WrittenCalls;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Extensions;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Part;
import llm.domain.chat.Role;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("A-2: tools of models that know only words")
class SpokenToolsTest {
  private static final ToolDefinition TOOL =
      new ToolDefinition(
          "look",
          Optional.of("Looks."),
          new JsonText(
              "{\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"array\"}}}"));
  private static final ChatRequest PLAIN =
      ChatRequest.of(new ModelName("m"), List.of(Message.user("u")));

  @ParameterizedTest
  @EnumSource(AnswerFormat.class)
  void whatIsWrittenIsReadAgain(AnswerFormat format) {
    Optional<WrittenCalls> written = WrittenCalls.of(format);
    if (written.isEmpty()) {
      assertThat(SpokenTools.of(format)).isEmpty();
      return;
    }
    String json = "{\"a\":\"it's \\\"x\\\"\\n\",\"b\":[1,true,null,{\"k\":\"v\"}]}";
    var parser =
        SpokenTools.of(format).orElseThrow().parser(PLAIN.withTools(List.of(TOOL)), () -> "id");
    List<StreamEvent> events =
        new ArrayList<>(parser.push(written.get().call("look", new JsonText(json))));
    events.addAll(parser.finish());

    assertThat(events.getFirst()).isEqualTo(new StreamEvent.ToolCallStarted(0, "id", "look"));
    var arguments = new StringBuilder();
    events.stream()
        .skip(1)
        .forEach(event -> arguments.append(((StreamEvent.ToolArgumentsDelta) event).json()));
    assertThat(arguments.toString().replace(", ", ",").replace(": ", ":")).isEqualTo(json);
    assertThat(written.get().example()).contains("function_name", "parameter_name", "value");
  }

  @Test
  void resultsThatFollowEachOtherAreOneMessage() throws LlmException {
    var call = new ToolCall("1", "look", JsonText.EMPTY_OBJECT);
    var failed =
        new Message(
            Role.TOOL,
            List.of(new Part.Text("no")),
            List.of(),
            Optional.of("2"),
            true,
            Optional.empty(),
            List.of(),
            Extensions.NONE);
    ChatRequest spoken =
        SpokenTools.of(AnswerFormat.HERMES)
            .orElseThrow()
            .spoken(
                ChatRequest.of(
                        PLAIN.model(),
                        List.of(
                            Message.user("u"),
                            Message.assistant("", List.of(call, call)),
                            Message.tool("1", "yes"),
                            failed))
                    .withTools(List.of(TOOL)));

    assertThat(spoken.tools()).isEmpty();
    assertThat(spoken.messages())
        .extracting(Message::role)
        .containsExactly(Role.SYSTEM, Role.USER, Role.ASSISTANT, Role.USER);
    assertThat(spoken.messages().getFirst().text())
        .contains("\"name\":\"look\"", "one such call after the other");
    assertThat(spoken.messages().getLast().text())
        .isEqualTo(
            "<tool_response>\nyes\n</tool_response>\n<tool_response>\nError: no\n</tool_response>");
  }

  @Test
  void aCallCannotBeDemanded() {
    var request =
        new ChatRequest(
            PLAIN.model(),
            PLAIN.messages(),
            List.of(TOOL),
            new ToolChoice.Required(),
            PLAIN.sampling(),
            Optional.empty(),
            Extensions.NONE);
    assertThatThrownBy(() -> SpokenTools.of(AnswerFormat.GLM).orElseThrow().spoken(request))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("cannot be made to call");
  }

  @Test
  void aStrictToolIsRefusedAsWordsBindNobody() {
    var strict =
        new ToolDefinition("f", Optional.empty(), TOOL.parameters(), true, Extensions.NONE);
    var request = PLAIN.withTools(List.of(TOOL, strict));
    assertThatThrownBy(() -> SpokenTools.of(AnswerFormat.HERMES).orElseThrow().spoken(request))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused ->
                assertThat(refused.error())
                    .isInstanceOfSatisfying(
                        LlmError.Unsupported.class,
                        error -> assertThat(error.path()).isEqualTo("tools[1].strict")));
  }

  @Test
  void whatElseTheSystemSaysStaysAsItIs() throws LlmException {
    var fields = Extensions.of(Dialect.OPENAI_CHAT, Map.of("x", new JsonText("1")));
    var parts = List.<Part>of(new Part.Text("a"), new Part.Text("b", fields));
    var system = Message.of(Role.SYSTEM, parts).withExtensions(fields);
    ChatRequest spoken =
        SpokenTools.of(AnswerFormat.HERMES)
            .orElseThrow()
            .spoken(
                ChatRequest.of(PLAIN.model(), List.of(system, Message.user("u")))
                    .withTools(List.of(TOOL)));

    Message first = spoken.messages().getFirst();
    assertThat(first.extensions()).isEqualTo(fields);
    assertThat(first.parts()).hasSize(2).first().isEqualTo(parts.getFirst());
    assertThat(first.parts().getLast())
        .isInstanceOfSatisfying(
            Part.Text.class,
            last -> {
              assertThat(last.text()).startsWith("b\n\nYou may call functions.");
              assertThat(last.extensions()).isEqualTo(fields);
            });
  }

  @Test
  void aTemplateWithoutAPlaceForToolsHasThemInWordsWhenTheFormatIsSaid() throws LlmException {
    String text = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}<assistant>";
    var now = ZonedDateTime.of(2026, 7, 4, 9, 5, 3, 0, ZoneOffset.UTC);
    var marks = new Marks("<s>", "</s>");
    var silent = ConversationTemplate.of(text, marks, Optional.empty(), () -> now);
    var told = ConversationTemplate.of(text, marks, Optional.of(AnswerFormat.PYTHONIC), () -> now);
    var request = PLAIN.withTools(List.of(TOOL));

    assertThat(silent.offersTools()).isFalse();
    assertThat(told.offersTools()).isTrue();
    assertThat(told.render(request, Ending.ANSWER).text())
        .startsWith("<system>You may call functions.")
        .contains("[function_name(parameter_name=\"value\")]")
        .endsWith("<user>u<assistant>");
    assertThat(told.parser(request, () -> "id").orElseThrow().push("[look(a='x')]"))
        .containsExactly(
            new StreamEvent.ToolCallStarted(0, "id", "look"),
            new StreamEvent.ToolArgumentsDelta(0, "{\"a\":\"x\"}"));
  }
}
