package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.SchemaGrammar;
import llm.core.template.Reasoning;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.grammar.ForcedCalls;
import llm.core.template.grammar.HeldCalls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ToolDefinition;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-7: what an answer is that is held to a grammar")
class HeldAnswerTest {
  private static final ChatRequest REQUEST =
      ChatRequest.of(new ModelName("m"), List.of(Message.user("x")));

  private static HeldAnswer held(String grammar, String... tokens) throws Exception {
    return begun(AnswerGrammar.of(grammar, "grammar"), Reasoning.NONE, tokens);
  }

  private static HeldAnswer begun(AnswerGrammar asked, Reasoning reasoning, String... tokens)
      throws Exception {
    List<byte[]> texts =
        List.of(tokens).stream().map(text -> text.getBytes(StandardCharsets.ISO_8859_1)).toList();
    List<String> names = List.of(tokens).stream().map(_ -> "").toList();
    var read = new ModelTokens(texts, names, new int[0]);
    Hold hold = Hold.of(asked);
    var metrics = new GrammarMetrics(new RecordingTelemetry().metrics());
    var masks = new TokenMasks(hold.gbnf(), read, Set.of(), metrics, new ManualClock());
    return new HeldAnswer(hold, masks, read, null, metrics).begin(reasoning, REQUEST);
  }

  @Test
  void isWhatWasDeliveredOfItAlsoWhereItsLastCharacterIsCut() throws Exception {
    HeldAnswer answer = held("root ::= \"ab\" \"c\u00e9\"?", "ab", "c\u00c3", "\u00a9");
    answer.take(0);
    answer.take(1);
    assertThat(answer.delivered(2).fault(() -> true)).as("ab").isEmpty();
    assertThat(answer.delivered(2).fault(() -> false)).as("that nobody waits for").isPresent();
    assertThat(answer.delivered(3).fault(() -> true))
        .as("abc")
        .hasValue("it is not of the grammar");
    answer.take(2);
    assertThat(answer.delivered(4).fault(() -> true)).as("abc\u00e9").isEmpty();
  }

  @Test
  void failsWhereItsTokensTogetherTakeTooMuchWork() throws Exception {
    HeldAnswer answer = held("root ::= ([ab]?){14000} [ab]{900}", "a");
    assertThatExceptionOfType(LlmException.class)
        .isThrownBy(() -> {
          for (int token = 0; token < 900; token++) {
            answer.take(0);
          }
        })
        .withMessageContaining("too involved: the answer was not complete");
  }

  /** A call that is written between tags, and what a model thought before. */
  @Test
  void isCallsAlsoWhereALineEndStandsBetweenReasoningAndThem() throws Exception {
    var put =
        new ToolDefinition(
            "put",
            Optional.empty(),
            new JsonText(
                "{\"type\":\"object\",\"properties\":{\"s\":{\"type\":\"string\"},"
                    + "\"o\":{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[ab]{0,9}$\"},"
                    + "\"additionalProperties\":{\"type\":\"boolean\"}}},"
                    + "\"required\":[\"s\",\"o\"],\"additionalProperties\":false}"));
    String form = SchemaGrammar.anyObject().gbnf();
    HeldCalls either =
        ForcedCalls.of(AnswerFormat.GLM, "")
            .orElseThrow()
            .grammarOr(
                new ForcedCalls.TextForm(form, true),
                REQUEST.withTools(List.of(put)),
                "response_format",
                _ -> Optional.empty());
    String[] texts = {
      "</think>\n",
      "\n",
      "<tool_call>put\n",
      "<arg_key>s</arg_key>\n<arg_value>a, b}] or \"",
      "</arg_value>\n<arg_key>o</arg_key>\n<arg_value>{\"a\":true,\"",
      "b\":true}</arg_value>\n</tool_call>"
    };
    var reasoning = new Reasoning("<think>", List.of("</think>"), true);
    HeldAnswer answer = begun(AnswerGrammar.ofCalls(either, "tools"), reasoning, texts);
    for (int token = 0; token < texts.length; token++) {
      answer.take(token);
    }
    String said = String.join("", texts).substring("</think>".length());
    assertThat(answer.delivered(said.length()).fault(() -> true)).isEmpty();
  }
}
