package llm.core.template.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.gbnf.Gbnf;
import llm.core.template.ConversationTemplate;
import llm.core.template.ConversationTemplate.Ending;
import llm.core.template.ConversationTemplate.Marks;
import llm.core.template.Reasoning;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("T-7: calls are demanded of families by their own templates")
class FamilyCallsTest {
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final String CHANNELS =
      "{%- for t in tools or [] %}{{ t | tojson }}{% endfor -%}"
          + "{%- for m in messages -%}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>"
          + "{%- for c in m.tool_calls or [] -%}"
          + "<|start|>assistant<|channel|>commentary to=functions.{{ c.function.name }}"
          + "<|message|>{{ c.function.arguments | tojson }}<|call|>{%- endfor -%}{%- endfor -%}"
          + "{%- if add_generation_prompt -%}<|start|>assistant{%- endif -%}";

  private static final String SILENT = "{% for m in messages %}{{ m.content }}{% endfor %}";

  private static final ToolDefinition TOOL =
      new ToolDefinition(
          "look",
          Optional.of("Looks."),
          new JsonText(
              "{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"string\","
                  + "\"description\":\"Where.\"},\"deep\":{\"type\":\"boolean\"}},"
                  + "\"required\":[\"at\"],\"additionalProperties\":false}"),
          true);

  static Stream<String> templates() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/test/resources/templates"))) {
      List<String> texts = new ArrayList<>();
      for (Path file : files.filter(path -> path.toString().endsWith(".jinja")).sorted().toList()) {
        texts.add(Files.readString(file));
      }
      texts.add(CHANNELS);
      return texts.stream();
    }
  }

  private static ConversationTemplate of(String text, Optional<AnswerFormat> format)
      throws LlmException {
    var now = ZonedDateTime.of(2026, 7, 4, 9, 5, 3, 0, ZoneOffset.UTC);
    return ConversationTemplate.of(text, new Marks("<s>", "</s>"), format, () -> now);
  }

  private static ChatRequest demanded() {
    return ChatRequest.of(new ModelName("m"), List.of(Message.user("q")))
        .withTools(List.of(TOOL))
        .withToolChoice(new ToolChoice.Required());
  }

  private static LlmError refusal(ConversationTemplate template, ChatRequest request) {
    return catchThrowableOfType(LlmException.class, () -> template.calls(request)).error();
  }

  @ParameterizedTest
  @MethodSource("templates")
  void whatTheGrammarOfATemplateSaysItsOwnParserReads(String text) throws Exception {
    ConversationTemplate template = of(text, Optional.empty());
    ChatRequest request = demanded();
    if (!template.offersTools()) {
      assertThat(refusal(template, request)).isInstanceOf(LlmError.Unsupported.class);
      return;
    }
    assertThat(template.render(request, Ending.ANSWER).text()).contains("look");
    HeldCalls held = template.calls(request).orElseThrow();
    Gbnf grammar = Gbnf.read(held.gbnf());
    var walk = new GrammarWalk(held.gbnf());
    var random = new Random(SEED);
    for (int round = 0; round < 60; round++) {
      String said = walk.text(random);
      String where = "seed " + SEED + ", round " + round + ": " + said;
      assertThat(grammar.matches(said)).as(where).isTrue();
      assertThat(held.check().apply(said)).as(where).isEmpty();
      String thoughts = thoughts(template.reasoning(request));
      AnswerParser parser = template.parser(request, () -> "id").orElseThrow();
      List<StreamEvent> events = new ArrayList<>(parser.push(thoughts + said));
      events.addAll(parser.finish());
      assertThat(events).as(where).noneMatch(StreamEvent.TextDelta.class::isInstance);
      assertThat(events).as(where).anyMatch(StreamEvent.ToolCallStarted.class::isInstance);
      assertThat(parser.ended(FinishReason.STOP)).as(where).isEqualTo(FinishReason.TOOL_CALLS);
    }
  }

  /** What a model may have thought before the grammar begins. */
  private static String thoughts(Reasoning reasoning) {
    return reasoning.begun() ? "Hm." + String.join("", reasoning.end()) : "";
  }

  @Test
  void toolsInWordsAreDemandedByTheGrammarAlone() throws Exception {
    ConversationTemplate template = of(SILENT, Optional.of(AnswerFormat.PYTHONIC));
    ChatRequest request = demanded();
    assertThat(template.render(request, Ending.ANSWER).text()).contains("look", "You may call");
    assertThat(Gbnf.read(template.calls(request).orElseThrow().gbnf()).matches("[look(at=\"x\")]"))
        .isTrue();
  }

  @Test
  void aModelThatCannotCallIsNotMadeTo() throws Exception {
    assertThat(refusal(of(SILENT, Optional.empty()), demanded()))
        .isInstanceOf(LlmError.Unsupported.class);
    ChatRequest begun =
        demanded().withMessages(_ -> List.of(Message.user("q"), Message.assistant("Well")));
    assertThat(refusal(of(CHANNELS, Optional.empty()), begun.withForm(begun.form().continuing())))
        .isInstanceOfSatisfying(
            LlmError.Unsupported.class, error -> assertThat(error.path()).isEqualTo("tool_choice"));
  }

  @Test
  void nothingIsDemandedWhereTheModelMayChoose() throws Exception {
    ChatRequest free = demanded().withToolChoice(new ToolChoice.Auto());
    assertThat(of(CHANNELS, Optional.empty()).calls(free)).isEmpty();
  }

  @Test
  void anAnswerThatIsHeldToAFormIsTextWhateverItLooksLike() throws Exception {
    ConversationTemplate template = of(CHANNELS, Optional.of(AnswerFormat.COMMAND));
    ChatRequest free = demanded().withToolChoice(new ToolChoice.Auto());
    ChatRequest held = free.withForm(free.form().withFormat(new ResponseFormat.JsonObject()));
    String text = "{\"a\": \"<|START_ACTION|>[{\\\"tool_name\\\": \\\"look\\\"}]\"}";
    AnswerParser parser = template.parser(held, () -> "id").orElseThrow();
    List<StreamEvent> events = new ArrayList<>(parser.push(text));
    events.addAll(parser.finish());
    assertThat(events).containsExactly(new StreamEvent.TextDelta(text));
  }
}
