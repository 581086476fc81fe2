package llm.gpu.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.ResponseFormat;
import llm.domain.model.ModelName;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-7: the last check of an answer")
class HoldsTest {
  private static final String DIGITS =
      """
      {"items":{"allOf":[{"type":"integer"},{"minimum":0},{"maximum":9}]},"type":"array"}\
      """;

  @Test
  void judgesAnAnswerByItsSchema() throws Exception {
    AnswerGrammar asked = asked(DIGITS);
    assertThat(asked.check().apply("[1,2,3]")).isEmpty();
    assertThat(asked.check().apply("[1,2,30]").orElseThrow()).contains("at most 9");
  }

  @Test
  void takesALongAnswerButNotEndlessWork() throws Exception {
    String text =
        IntStream.range(0, 150_000)
            .mapToObj(i -> "" + i % 10)
            .collect(Collectors.joining(",", "[", "]"));
    assertThat(asked(DIGITS).check().apply(text)).isEmpty();
    String many =
        DIGITS.replace("\"type\":\"integer\"", "\"type\":\"integer\"".concat(",\"minimum\":0"));
    String all =
        IntStream.range(0, 60).mapToObj(_ -> many).collect(Collectors.joining(",", "[", "]"));
    assertThat(asked("{\"allOf\":" + all + "}").check().apply(text).orElseThrow())
        .contains("20000000 steps");
  }

  private static AnswerGrammar asked(String schema) throws Exception {
    var format =
        new ResponseFormat.JsonSchema("answer", Optional.empty(), new JsonText(schema), true);
    ChatRequest plain = ChatRequest.of(new ModelName("local"), List.of(Message.user("hello")));
    return new Holds().asked(plain.withForm(plain.form().withFormat(format))).orElseThrow();
  }
}
