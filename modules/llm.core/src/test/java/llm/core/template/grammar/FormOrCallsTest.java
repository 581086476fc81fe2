package llm.core.template.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import llm.core.gbnf.Gbnf;
import llm.core.schema.grammar.SchemaGrammar;
import llm.core.schema.valid.SchemaValidator;
import llm.core.schema.valid.Violation;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.core.template.grammar.ForcedCalls.TextForm;
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
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("T-7: an answer has the form that is asked for, or is calls, and it is known which")
class FormOrCallsTest {
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);
  private static final int ROUNDS = 120;
  private static final String FIELD = "response_format";

  private static final String SCHEMA =
      """
      {"type":"object","properties":{"city":{"type":"string","maxLength":9},
        "warm":{"type":"boolean"}},"required":["city","warm"],"additionalProperties":false}\
      """;

  private static final List<ToolDefinition> TOOLS =
      List.of(
          tool("look", "{\"type\":\"object\",\"properties\":{\"at\":{\"type\":\"integer\"}}}"),
          tool(
              "look_up", "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"));

  private static ToolDefinition tool(String name, String schema) {
    return new ToolDefinition(name, Optional.empty(), new JsonText(schema));
  }

  private static ChatRequest request() {
    return ChatRequest.of(new ModelName("m"), List.of(Message.user("x"))).withTools(TOOLS);
  }

  private static HeldCalls held(AnswerFormat format, String template, String form, boolean isJson)
      throws Exception {
    SchemaValidator judge = SchemaValidator.of(SCHEMA);
    Function<String, Optional<String>> check = text -> judge.check(text).map(Violation::message);
    String gbnf = isJson ? MarkFree.json(form, format) : form;
    return ForcedCalls.of(format, template)
        .orElseThrow()
        .grammarOr(new TextForm(gbnf, isJson), request(), FIELD, check);
  }

  /** A text as its reader takes it: calls and their names, or text. */
  private record Read(String text, List<String> names, FinishReason end) {}

  private static Read read(AnswerFormat format, HeldCalls held, String text) {
    if (held.reading() instanceof HeldReading.Either either && !either.isCalls(text)) {
      assertThat(either.isOpen(text)).isFalse();
      return new Read(text, List.of(), FinishReason.STOP);
    }
    var parser = new AnswerParser(format, Beginning.ANSWER, TOOLS, () -> "id");
    List<StreamEvent> events = new ArrayList<>(parser.push(text));
    events.addAll(parser.finish());
    var said = new StringBuilder();
    List<String> names = new ArrayList<>();
    for (StreamEvent event : events) {
      switch (event) {
        case StreamEvent.TextDelta(String part, _) -> said.append(part);
        case StreamEvent.ToolCallStarted(int _, String _, String name) -> names.add(name);
        default -> {}
      }
    }
    return new Read(said.toString(), names, parser.ended(FinishReason.STOP));
  }

  @ParameterizedTest
  @MethodSource("llm.core.template.grammar.ForcedCallsTest#forms")
  void everyTextIsOneOfTheTwoAndIsReadAsThat(AnswerFormat format, String template)
      throws Exception {
    HeldCalls held = held(format, template, SchemaGrammar.of(SCHEMA).gbnf(), true);
    SchemaValidator judge = SchemaValidator.of(SCHEMA);
    Gbnf grammar = Gbnf.read(held.gbnf());
    var walk = new GrammarWalk(held.gbnf());
    var random = new Random(SEED);
    int texts = 0;
    int calls = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = walk.text(random);
      String where = "seed " + SEED + ", round " + round + ", " + format + ": " + text;
      assertThat(grammar.matches(text)).as(where).isTrue();
      assertThat(held.check().apply(text)).as(where).isEmpty();
      Read read = read(format, held, text);
      if (read.names().isEmpty()) {
        texts++;
        assertThat(judge.check(read.text())).as(where).isEmpty();
        assertThat(read.end()).as(where).isEqualTo(FinishReason.STOP);
      } else {
        calls++;
        assertThat(read.names()).as(where).isSubsetOf("look", "look_up");
        assertThat(read.text()).as(where).isEmpty();
        assertThat(read.end()).as(where).isEqualTo(FinishReason.TOOL_CALLS);
      }
    }
    assertThat(texts).as("texts of %s", format).isPositive();
    assertThat(calls).as("calls of %s", format).isPositive();
  }

  @ParameterizedTest
  @CsvSource({"HERMES", "MISTRAL", "KIMI", "GLM"})
  void anObjectOfAnyKindIsToldFromCallsThatHaveMarks(AnswerFormat format) throws Exception {
    String any = SchemaGrammar.anyObject().gbnf();
    assertThat(held(format, "", any, true).reading()).isInstanceOf(HeldReading.Either.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LLAMA3 | root ::= \"{\\\"name\\\": \\\"\" [a-z_]* \"\\\", \\\"parameters\\\": {}}\" | true",
        "HERMES | root ::= [^x]* | false",
        "PYTHONIC | root ::= \"[\" .* | false",
        "HARMONY | root ::= \"yes\" | false"
      })
  void aFormThatMayBeginAsCallsDoIsRefusedAtItsField(
      AnswerFormat format, String form, boolean isJson) {
    var refused = catchThrowableOfType(LlmException.class, () -> held(format, "", form, isJson));
    assertThat(refused.error()).isInstanceOf(LlmError.Unsupported.class);
    assertThat(((LlmError.Unsupported) refused.error()).path()).isEqualTo(FIELD);
    assertThat(refused).hasMessageContaining("free to call tools");
  }

  @Test
  void aGrammarThatIsWrongIsRefusedAtItsOwnLine() {
    var refused =
        catchThrowableOfType(
            LlmException.class,
            () -> held(AnswerFormat.HERMES, "", "root ::= \"a\"\nb ::= c", false));
    assertThat(((LlmError.InvalidRequest) refused.error()).path()).hasValue(FIELD);
    assertThat(refused).hasMessageContaining("line 2");
  }

  @Test
  void whatIsWrongWithEitherIsFoundInTheEnd() throws Exception {
    String gbnf = SchemaGrammar.of(SCHEMA).gbnf();
    for (AnswerFormat format : List.of(AnswerFormat.HERMES, AnswerFormat.HARMONY)) {
      HeldCalls held = held(format, "", gbnf, true);
      boolean channels = format == AnswerFormat.HARMONY;
      String text = (channels ? "<|channel|>final<|message|>" : "") + "{\"city\":\"x\",\"warm\":1}";
      String call =
          channels
              ? "<|channel|>commentary to=functions.look <|constrain|>json<|message|>{\"at\":\"x\"}"
              : "<tool_call>\n{\"name\": \"look\", \"arguments\": {\"at\":\"x\"}}\n</tool_call>";
      assertThat(held.check().apply(text).orElse("")).as("%s", format).contains("warm");
      assertThat(held.check().apply(call).orElse("")).as("%s", format).contains("a call of 'look'");
    }
  }

  @Test
  void onlyARequestWithBothAndTheChoiceMayAnswerWithEither() {
    ChatRequest free = request();
    ChatRequest both = free.withForm(free.form().withFormat(new ResponseFormat.JsonObject()));
    assertThat(ForcedCalls.mayReplaceForm(both)).isTrue();
    assertThat(ForcedCalls.mayReplaceForm(free)).isFalse();
    assertThat(ForcedCalls.mayReplaceForm(both.withTools(List.of()))).isFalse();
    assertThat(ForcedCalls.mayReplaceForm(both.withToolChoice(new ToolChoice.None()))).isFalse();
    assertThat(ForcedCalls.mayReplaceForm(both.withToolChoice(new ToolChoice.Required())))
        .isFalse();
    assertThat(ForcedCalls.mayReplaceForm(both.withForm(both.form().continuing())))
        .as("a text that was begun is no call")
        .isFalse();
  }
}
