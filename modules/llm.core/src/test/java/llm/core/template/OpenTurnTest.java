package llm.core.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Optional;
import llm.core.template.ConversationTemplate.Ending;
import llm.core.template.ConversationTemplate.Marks;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("P-7: a prompt that ends within the assistant's turn")
class OpenTurnTest {
  /** Begins reasoning for the model, and leaves it out of turns that are over. */
  private static final String REASONS =
      "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}"
          + "{{ m.content.split('</think>')[-1] }}{% else %}{{ m.content }}{% endif %}<end>"
          + "{% endfor %}{% if add_generation_prompt %}<assistant><think>\n{% endif %}";

  private static final String CHANNELS =
      "{% for m in messages %}<|start|>{{ m.role }}{% if m.role == 'assistant' %}"
          + "<|channel|>final{% endif %}<|message|>{{ m.content }}<|end|>{% endfor %}"
          + "{% if add_generation_prompt %}<|start|>assistant{% endif %}";

  private static ConversationTemplate template(String name) throws Exception {
    return of(Files.readString(Path.of("src/test/resources/templates", name + ".jinja")));
  }

  private static ConversationTemplate of(String text) throws Exception {
    var now = ZonedDateTime.of(2026, 7, 4, 9, 5, 3, 0, ZoneOffset.UTC);
    return ConversationTemplate.of(text, new Marks("<s>", "</s>"), Optional.empty(), () -> now);
  }

  private static ChatRequest begun(String text) {
    var request =
        ChatRequest.of(
            new ModelName("m"),
            List.of(Message.system("s"), Message.user("q"), Message.assistant(text)));
    return request.withForm(request.form().continuing());
  }

  @ParameterizedTest
  @CsvSource({"gemma", "hermes", "lfm2", "mistral", "phi4_mini", "seed_oss"})
  void endsWithTheLastWordAsTheTurnWouldHaveBegun(String name) throws Exception {
    ConversationTemplate template = template(name);
    ChatRequest begun = begun("It is </s> bl");
    ChatRequest whole = begun.withForm(ChatRequest.of(begun.model(), begun.messages()).form());

    List<String> parts = template.render(begun, Ending.ANSWER).parts();

    assertThat(template.continues()).isTrue();
    assertThat(parts.getLast()).isEmpty();
    assertThat(parts.get(parts.size() - 2)).as("words of a caller").isEqualTo("It is </s> bl");
    assertThat(template.render(whole, Ending.OPEN).text())
        .startsWith(String.join("", parts))
        .isNotEqualTo(String.join("", parts));
  }

  @Test
  void noReasoningIsBegunBeforeTextThatIsThere() throws Exception {
    ConversationTemplate template = of(REASONS);
    AnswerParser answer = template.parser(begun("It is bl"), () -> "id").orElseThrow();

    assertThat(template.continues()).isTrue();
    assertThat(template.render(begun("It is bl"), Ending.ANSWER).text())
        .isEqualTo("<system>s<end><user>q<end><assistant>It is bl");
    assertThat(answer.push("ue.")).containsExactly(new StreamEvent.TextDelta("ue."));
  }

  @Test
  void goesOnInTheChannelOfTheAnswer() throws Exception {
    ConversationTemplate template = of(CHANNELS);
    AnswerParser answer = template.parser(begun("It is bl"), () -> "id").orElseThrow();

    assertThat(template.format()).isEqualTo(AnswerFormat.HARMONY);
    assertThat(template.render(begun("It is bl"), Ending.ANSWER).text())
        .endsWith("<|start|>assistant<|channel|>final<|message|>It is bl");
    assertThat(answer.push("to=functions.x ue"))
        .containsExactly(new StreamEvent.TextDelta("to=functions.x ue"));
  }

  @Test
  void aBraceThatGoesOnIsNoCall() throws Exception {
    var tool = new ToolDefinition("look", Optional.empty(), JsonText.EMPTY_OBJECT);
    ChatRequest request = begun("So:").withTools(List.of(tool));
    String json = "{\"name\": \"look\", \"parameters\": {}}";
    String text =
        "{{ tools | tojson if tools }}{{ '<|start_header_id|> \"parameters\"' }}"
            + "{% for m in messages %}<{{ m.role }}>{{ m.content }}<end>{% endfor %}";
    ConversationTemplate template = of(text);
    assertThat(template.format()).isEqualTo(AnswerFormat.LLAMA3);
    assertThat(template.offersTools()).isTrue();
    AnswerParser answer = template.parser(request, () -> "id").orElseThrow();
    var said = new StringBuilder();
    for (List<StreamEvent> events : List.of(answer.push(json), answer.finish())) {
      events.forEach(event -> said.append(((StreamEvent.TextDelta) event).text()));
    }
    assertThat(said).hasToString(json);
  }

  @ParameterizedTest
  @CsvSource({
    "{% for m in messages if m.role == 'user' %}{{ m.content }}{% endfor %}",
    "{% for m in messages %}{{ m.content | upper }}{{ raise_exception('no') if loop.index > 1 }}"
        + "{% endfor %}",
    "{% for m in messages %}{{ m.content | reverse }}{% endfor %}",
  })
  void isNotDeclaredWhereTheTemplateCannot(String text) throws Exception {
    assertThat(of(text).continues()).isFalse();
  }

  @Test
  void refusesTextThatTheTemplateChanges() throws Exception {
    ConversationTemplate template = of(REASONS);

    assertThatThrownBy(() -> template.render(begun("a</think>b"), Ending.ANSWER))
        .isInstanceOfSatisfying(
            LlmException.class,
            refused -> {
              assertThat(refused.error()).isInstanceOf(LlmError.Unsupported.class);
              assertThat(refused.error().message()).contains("cannot be gone on with");
            });
    assertThat(template.render(begun("\n a"), Ending.ANSWER).text()).endsWith("<assistant>\n a");
  }
}
