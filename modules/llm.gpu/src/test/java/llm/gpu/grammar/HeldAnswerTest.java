package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import llm.core.template.Reasoning;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-7: what an answer is that is held to a grammar")
class HeldAnswerTest {
  private static final ChatRequest REQUEST =
      ChatRequest.of(new ModelName("m"), List.of(Message.user("x")));

  private static HeldAnswer held(String grammar, String... tokens) throws Exception {
    List<byte[]> texts =
        List.of(tokens).stream().map(text -> text.getBytes(StandardCharsets.ISO_8859_1)).toList();
    List<String> names = List.of(tokens).stream().map(_ -> "").toList();
    var read = new ModelTokens(texts, names, new int[0]);
    Hold hold = Hold.of(AnswerGrammar.of(grammar, "grammar"));
    var metrics = new GrammarMetrics(new RecordingTelemetry().metrics());
    var masks = new TokenMasks(hold.gbnf(), read, Set.of(), metrics, new ManualClock());
    return new HeldAnswer(hold, masks, read, null, metrics).begin(Reasoning.NONE, REQUEST);
  }

  @Test
  void isWhatWasDeliveredOfItAlsoWhereItsLastCharacterIsCut() throws Exception {
    HeldAnswer answer = held("root ::= \"ab\" \"c\u00e9\"?", "ab", "c\u00c3", "\u00a9");
    answer.take(0);
    answer.take(1);
    assertThat(answer.delivered(2).fault()).as("ab").isEmpty();
    assertThat(answer.delivered(3).fault()).as("abc").hasValue("it is not of the grammar");
    answer.take(2);
    assertThat(answer.delivered(4).fault()).as("abc\u00e9").isEmpty();
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
}
