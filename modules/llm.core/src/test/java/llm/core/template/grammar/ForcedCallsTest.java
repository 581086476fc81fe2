package llm.core.template.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.gbnf.Gbnf;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.core.template.answer.AnswerParser.Beginning;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("T-7: calls that are demanded are written so that the parser of their form reads them")
class ForcedCallsTest {
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);
  private static final int ROUNDS = 150;

  private static final List<ToolDefinition> TOOLS =
      List.of(
          tool(
              "weather",
              """
              {"type":"object","properties":{
                "city":{"type":"string"},
                "unit":{"type":"string","enum":["celsius","fahrenheit"]},
                "days":{"type":"integer","minimum":1,"maximum":14},
                "exact":{"type":"boolean"},
                "tags":{"type":"array","items":{"type":"string"}},
                "at":{"$ref":"#/$defs/place"}},
               "required":["city","days"],"additionalProperties":false,
               "$defs":{"place":{"type":"object","properties":{
                 "lat":{"type":"number"},"<b>":{"type":"string"}},
                 "required":["lat","<b>"],"additionalProperties":false}}}\
              """),
          tool("now", "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"),
          tool(
              "now_in",
              """
              {"type":"object","properties":{
                "zone":{"anyOf":[{"type":"string","maxLength":5},{"type":"null"}]},
                "note":{"type":["string","null"]}},
               "additionalProperties":false}\
              """));

  private static ToolDefinition tool(String name, String schema) {
    return new ToolDefinition(name, Optional.empty(), new JsonText(schema));
  }

  private static ChatRequest request(ToolChoice choice, List<ToolDefinition> tools) {
    return ChatRequest.of(new ModelName("m"), List.of(Message.user("x")))
        .withTools(tools)
        .withToolChoice(choice);
  }

  private static HeldCalls held(AnswerFormat format, String template, ChatRequest request)
      throws LlmException {
    return ForcedCalls.of(format, template).orElseThrow().grammar(request);
  }

  /** Every form, and both of the families that have two. */
  static Stream<Arguments> forms() {
    return Stream.concat(
        Stream.of(AnswerFormat.values())
            .filter(AnswerFormat::calls)
            .map(format -> Arguments.of(format, "")),
        Stream.of(
            Arguments.of(AnswerFormat.MISTRAL, "[ARGS]"),
            Arguments.of(AnswerFormat.DEEPSEEK, "```json")));
  }

  /** What the parser of the form makes of a text that comes in pieces. */
  private static List<StreamEvent> parsed(
      AnswerFormat format, String text, Random random, List<FinishReason> ended) {
    var parser = new AnswerParser(format, Beginning.ANSWER, TOOLS, () -> "id");
    List<StreamEvent> events = new ArrayList<>();
    int from = 0;
    while (from < text.length()) {
      int to = Math.min(text.length(), from + 1 + random.nextInt(9));
      events.addAll(parser.push(text.substring(from, to)));
      from = to;
    }
    events.addAll(parser.finish());
    ended.add(parser.ended(FinishReason.STOP));
    return events;
  }

  private static List<ToolCall> calls(List<StreamEvent> events, String where) {
    List<ToolCall> calls = new ArrayList<>();
    for (StreamEvent event : events) {
      switch (event) {
        case StreamEvent.ToolCallStarted(int _, String id, String name) ->
            calls.add(new ToolCall(id, name, new JsonText("")));
        case StreamEvent.ToolArgumentsDelta(int _, String json) -> {
          ToolCall last = calls.removeLast();
          String all = last.arguments().value() + json;
          calls.add(new ToolCall(last.id(), last.name(), new JsonText(all)));
        }
        case StreamEvent.ReasoningDelta _ -> assertThat(calls).as(where).isEmpty();
        default -> throw new AssertionError(where + "\nis no call: " + event);
      }
    }
    return calls;
  }

  @ParameterizedTest
  @MethodSource("forms")
  void oneCallOfTheNamedToolIsReadWithArgumentsThatFit(AnswerFormat format, String template)
      throws Exception {
    for (ToolDefinition tool : TOOLS) {
      ChatRequest request = request(new ToolChoice.Named(tool.name()), TOOLS);
      var one = request.withForm(request.form().withParallelToolCalls(false));
      HeldCalls held = held(format, template, one);
      Gbnf grammar = Gbnf.read(held.gbnf());
      var walk = new GrammarWalk(held.gbnf());
      var random = new Random(SEED);
      for (int round = 0; round < ROUNDS; round++) {
        String text = walk.text(random);
        String where = "seed " + SEED + ", round " + round + ", " + format + ": " + text;
        assertThat(grammar.matches(text)).as(where).isTrue();
        assertThat(held.check().apply(text)).as(where).isEmpty();
        List<FinishReason> ended = new ArrayList<>();
        List<ToolCall> calls = calls(parsed(format, text, random, ended), where);
        assertThat(calls).as(where).hasSize(1);
        assertThat(calls.getFirst().name()).as(where).isEqualTo(tool.name());
        assertThat(ended).as(where).containsExactly(FinishReason.TOOL_CALLS);
        Fits.require(tool.parameters(), calls.getFirst().arguments(), where);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("forms")
  void severalCallsOfAnyToolAreReadWhereThereMayBeSeveral(AnswerFormat format, String template)
      throws Exception {
    var walk =
        new GrammarWalk(held(format, template, request(new ToolChoice.Required(), TOOLS)).gbnf());
    var random = new Random(SEED);
    int most = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = walk.text(random);
      String where = "seed " + SEED + ", round " + round + ", " + format + ": " + text;
      List<FinishReason> ended = new ArrayList<>();
      List<ToolCall> calls = calls(parsed(format, text, random, ended), where);
      assertThat(calls).as(where).isNotEmpty();
      assertThat(ended).as(where).containsExactly(FinishReason.TOOL_CALLS);
      most = Math.max(most, calls.size());
      for (ToolCall call : calls) {
        ToolDefinition tool =
            TOOLS.stream()
                .filter(each -> each.name().equals(call.name()))
                .findFirst()
                .orElseThrow();
        Fits.require(tool.parameters(), call.arguments(), where);
      }
    }
    assertThat(most).isEqualTo(format == AnswerFormat.HARMONY ? 1 : Math.max(2, most));
  }

  @ParameterizedTest
  @EnumSource(value = AnswerFormat.class, names = "NONE", mode = Mode.EXCLUDE)
  void itsMarksAreControlTokensThatTheParserSees(AnswerFormat format) throws LlmException {
    HeldCalls held = held(format, "", request(new ToolChoice.Required(), TOOLS));
    assertThat(held.marks()).allMatch(format::isMark);
  }

  @Test
  void anAnswerThatIsNoCallToBeMadeIsSeen() throws LlmException {
    ChatRequest request = request(new ToolChoice.Named("weather"), TOOLS);
    HeldCalls held = held(AnswerFormat.HERMES, "", request);
    String call = "<tool_call>{\"name\": \"%s\", \"arguments\": %s}</tool_call>";
    String legal = "{\"city\": \"Bonn\", \"days\": 3}";
    assertThat(held.check().apply(call.formatted("weather", legal))).isEmpty();
    assertThat(held.check().apply("Bonn")).contains("it is no whole call of a tool");
    assertThat(held.check().apply("<tool_call>{\"name\": \"weather\", \"arguments\": {\"ci"))
        .contains("it is no whole call of a tool");
    assertThat(held.check().apply("Well: " + call.formatted("weather", legal)))
        .contains("it holds text beside its calls");
    assertThat(held.check().apply(call.formatted("now", "{}")))
        .contains("it calls a tool that was not to be called");
    assertThat(held.check().apply(call.formatted("weather", "{\"city\": \"Bonn\", \"days\": 15}")))
        .hasValueSatisfying(problem -> assertThat(problem).startsWith("a call of 'weather': "));
  }

  @Test
  void aModelOfChannelsMayThinkBeforeItsCall() throws Exception {
    HeldCalls held = held(AnswerFormat.HARMONY, "", request(new ToolChoice.Named("now"), TOOLS));
    String thought = "<|channel|>analysis<|message|>The time.<|end|><|start|>assistant";
    String call = "<|channel|>commentary to=functions.now <|constrain|>json<|message|>{}";
    Gbnf grammar = Gbnf.read(held.gbnf());
    assertThat(grammar.matches(thought + call)).isTrue();
    assertThat(grammar.matches(call)).isTrue();
    assertThat(held.check().apply(thought + call)).isEmpty();
    var parser = new AnswerParser(AnswerFormat.HARMONY, Beginning.ANSWER, TOOLS, () -> "id");
    assertThat(parser.push(thought + call)).contains(new StreamEvent.ReasoningDelta("The time."));
  }

  @Test
  void aFormatWithoutCallsForcesNone() {
    assertThat(ForcedCalls.of(AnswerFormat.NONE, "")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          HERMES | {"type":"array"} | tools[1].function.parameters.type
          HERMES | {"type":"object","properties":{"a":{"type":"string","pattern":"(?=a)b"}}} | tools[1].function.parameters.properties.a.pattern
          QWEN3_CODER | {"type":"object","anyOf":[{}]} | tools[1].function.parameters.anyOf
          QWEN3_CODER | {"type":"object","minProperties":1} | tools[1].function.parameters.minProperties
          QWEN3_CODER | {"properties":{"a":{"type":"string","pattern":"a+"}}} | tools[1].function.parameters.properties.a.pattern
          QWEN3_CODER | {"properties":{"a":{"type":"string","format":"date"}}} | tools[1].function.parameters.properties.a.format
          QWEN3_CODER | {"properties":{"a":{"type":"string","maxLength":100000}}} | tools[1].function.parameters.properties.a.maxLength
          QWEN3_CODER | {"properties":{"a":{"type":"string","minLength":3,"maxLength":2}}} | tools[1].function.parameters.properties.a.minLength
          QWEN3_CODER | {"properties":{"a":{"const":null}}} | tools[1].function.parameters.properties.a
          QWEN3_CODER | {"properties":{"a":{"type":"string","enum":["</parameter>"]}}} | tools[1].function.parameters.properties.a
          QWEN3_CODER | {"properties":{"a>":{"type":"string"}}} | tools[1].function.parameters.properties.a>
          QWEN3_CODER | {"properties":{"a":false},"required":["a"]} | tools[1].function.parameters.properties.a
          GLM | {"properties":{},"required":["a"]} | tools[1].function.parameters.required
          GLM | {"properties":{"a":{"oneOf":[{"type":"string"},{"enum":["b"]}]}}} | tools[1].function.parameters.properties.a.oneOf[1]
          GLM | {"properties":{"a":{"$ref":"#/$defs/b"}},"$defs":{"c":{}}} | -
          PYTHONIC | {"properties":{"a b":{"type":"string"}}} | tools[1].function.parameters.properties.a b
          PYTHONIC | {"properties":{"a":{"type":"string"}},"allOf":[{"required":["a"]}]} | tools[1].function.parameters.allOf
          """)
  void whatCannotBeHeldIsRefusedByItsPath(AnswerFormat format, String schema, String path) {
    List<ToolDefinition> tools = List.of(TOOLS.getFirst(), tool("f", schema));
    LlmException refused =
        catchThrowableOfType(
            LlmException.class, () -> held(format, "", request(new ToolChoice.Named("f"), tools)));
    assertThat(refused).as(schema).isNotNull();
    assertThat(refused.error())
        .isInstanceOfSatisfying(
            LlmError.InvalidRequest.class,
            error -> {
              assertThat(error.path().orElseThrow()).startsWith("tools[1].function.parameters");
              if (!path.equals("-")) {
                assertThat(error.path()).contains(path);
              }
            });
  }
}
