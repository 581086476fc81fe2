package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import llm.core.schema.grammar.SchemaGrammar;
import llm.core.schema.valid.SchemaValidator;
import llm.core.schema.valid.Violation;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.grammar.ForcedCalls;
import llm.core.template.grammar.ForcedCalls.TextForm;
import llm.core.template.grammar.HeldCalls;
import llm.core.template.grammar.MarkFree;
import llm.core.testkit.grammar.GbnfMachine;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolChoice;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("T-7: arguments of calls get no name twice, wherever they stand")
class JsonNamesTest {
  /** Another one by -Dllm.test.seed=…. */
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122);

  private static final int TEXTS = 150;
  private static final int MOST_BYTES = 12; // of a token

  /** More names than a grammar counts, and few enough that they come again. */
  private static final String FREE =
      "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[ab]{0,6}$\"},"
          + "\"additionalProperties\":{\"type\":\"boolean\"}}";

  private static final List<ToolDefinition> TOOLS =
      List.of(
          tool("put", "\"o\":" + FREE + ",\"s\":{\"type\":\"string\"},\"p\":" + FREE),
          tool("put_text", "\"o\":{\"type\":\"string\"},\"p\":" + FREE));

  private static ToolDefinition tool(String name, String properties) {
    return new ToolDefinition(
        name,
        Optional.empty(),
        new JsonText(
            "{\"type\":\"object\",\"properties\":{"
                + properties
                + "},\"required\":[\"o\",\"p\"],\"additionalProperties\":false}"));
  }

  private static ChatRequest request() {
    return ChatRequest.of(new ModelName("m"), List.of(Message.user("x"))).withTools(TOOLS);
  }

  private static HeldCalls calls(AnswerFormat format, String template) throws Exception {
    return ForcedCalls.of(format, template)
        .orElseThrow()
        .grammar(request().withToolChoice(new ToolChoice.Required()));
  }

  private static HeldCalls either(AnswerFormat format, String template) throws Exception {
    SchemaValidator judge = SchemaValidator.of(FREE);
    String form = MarkFree.json(SchemaGrammar.of(FREE).gbnf(), format);
    return ForcedCalls.of(format, template)
        .orElseThrow()
        .grammarOr(
            new TextForm(form, true),
            request(),
            "response_format",
            text -> judge.check(text).map(Violation::message));
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

  @ParameterizedTest
  @MethodSource("forms")
  void whatTheLastCheckFindsIsFoundAsItIsWritten(AnswerFormat format, String template)
      throws Exception {
    for (HeldCalls held : List.of(calls(format, template), either(format, template))) {
      var machine = new GbnfMachine(held.gbnf());
      var random = new Random(SEED);
      int repeated = 0;
      for (int round = 0; round < TEXTS; round++) {
        String text = machine.walk(random);
        Optional<String> fault = held.check().apply(text);
        repeated += fault.isPresent() ? 1 : 0;
        assertThat(isAllowed(new JsonNames(held.json()), text, random))
            .as("seed %d, round %d, %s: %s: %s", SEED, round, format, fault, text)
            .isEqualTo(fault.isEmpty());
      }
      assertThat(repeated).as("%s, of %d", format, TEXTS).isBetween(1, TEXTS - 1);
    }
  }

  /** Whether each token is allowed behind those before it, wherever the text is cut into tokens. */
  private static boolean isAllowed(JsonNames names, String text, Random random) {
    byte[] all = text.getBytes(StandardCharsets.UTF_8);
    for (int from = 0; from < all.length; ) {
      int to = Math.min(all.length, from + 1 + random.nextInt(MOST_BYTES));
      byte[] token = Arrays.copyOfRange(all, from, to);
      if (!names.allows(token)) {
        return false;
      }
      assertThat(names.allows(token)).as("asked again").isTrue();
      names.take(token);
      from = to;
    }
    return true;
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      value = {
        "QWEN3_CODER => <tool_call>\\n<function=put>\\n<parameter=o>\\n{\"a\":true,\"a\":",
        "GLM => <tool_call>put\\n<arg_key>o</arg_key>\\n<arg_value>{\"a\":true,\"a\":",
        "MINIMAX => <minimax:tool_call>\\n<invoke name=\"put\">\\n<parameter name=\"o\">{\"a\":true,\"a\":",
        "HARMONY => <|channel|>commentary to=functions.put <|constrain|>json<|message|>{\"o\":{\"a\":true,\"a\":",
        "HERMES => <tool_call>\\n{\"name\": \"put\", \"arguments\": {\"o\":{\"a\":true,\"a\":",
        "LLAMA3 => {\"name\": \"put\", \"parameters\": {\"o\":{\"a\":true,\"a\":",
        "PYTHONIC => [put(o={\"a\":true,\"a\":"
      })
  void aTokenThatSaysANameAgainIsNotAllowed(AnswerFormat format, String text) throws Exception {
    String plain = text.replace("\\n", "\n");
    assertThat(isAllowed(new JsonNames(calls(format, "").json()), plain, new Random(SEED)))
        .isFalse();
    String other = plain.substring(0, plain.length() - 3) + "b\":";
    assertThat(isAllowed(new JsonNames(calls(format, "").json()), other, new Random(SEED)))
        .isTrue();
  }

  @Test
  void textBetweenTagsIsNoJsonWhateverItLooksLike() throws Exception {
    HeldCalls held = calls(AnswerFormat.QWEN3_CODER, "");
    String text =
        "<tool_call>\n<function=put_text>\n<parameter=o>\n}]{\"a\":1,\"a\":2 <parameter=p>\n"
            + "{\"b\":1,\"b\":2\n</parameter>\n<parameter=p>\n{\"b\":true}\n</parameter>\n"
            + "</function>\n</tool_call>";
    assertThat(held.check().apply(text)).isEmpty();
    assertThat(isAllowed(new JsonNames(held.json()), text, new Random(SEED))).isTrue();
  }

  @Test
  void aFormThatIsNoJsonMaySayWhatItLikes() throws Exception {
    HeldCalls held =
        ForcedCalls.of(AnswerFormat.HERMES, "")
            .orElseThrow()
            .grammarOr(
                new TextForm("root ::= \"{\\\"a\\\":1,\\\"a\\\":2\" \"}\"*", false),
                request(),
                "grammar",
                _ -> Optional.empty());
    String text = "{\"a\":1,\"a\":2}}}";
    assertThat(isAllowed(new JsonNames(held.json()), text, new Random(SEED))).isTrue();
    String call = "<tool_call>\n{\"name\": \"put\", \"arguments\": {\"o\":{\"a\":true,\"a\":";
    assertThat(isAllowed(new JsonNames(held.json()), call, new Random(SEED))).isFalse();
  }
}
