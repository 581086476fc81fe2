package llm.domain.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Role;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;
import llm.domain.model.TokenLimit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("D-5 TokenEstimator")
class TokenEstimatorTest {
  private final TokenEstimator estimator = new TokenEstimator();

  @ParameterizedTest
  @CsvSource({"'', 0", "a, 1", "abcd, 1", "abcde, 2", "Привет!!, 2", "😀😀😀😀, 1", "😀😀😀😀a, 2"})
  void takesFourCharactersForATokenWhateverTheirBytes(String text, int tokens) {
    assertThat(estimator.countTokens(text)).isEqualTo(tokens);
  }

  @Test
  void countsWhatStandsAroundAndBesideTheText() {
    assertThat(estimator.estimateMessages(List.of())).isEqualTo(3);
    assertThat(estimator.estimateMessages(List.of(Message.user("abcd")))).isEqualTo(8);
    var named = new Message(Role.USER, "abcd", List.of(), Optional.empty(), Optional.of("Anna"));
    assertThat(estimator.estimateMessages(List.of(named))).isEqualTo(9);
    assertThat(estimator.estimateMessages(List.of(Message.tool("call", "abcd")))).isEqualTo(9);
    var call = new ToolCall("c1", "read", new JsonText("{\"a\":12}"));
    assertThat(estimator.estimateMessages(List.of(Message.assistant("", List.of(call, call)))))
        .isEqualTo(3 + 4 + 2 * (8 + 1 + 2));
  }

  @Test
  void addsWhatAMessageTakesWhateverStandsBesideIt() {
    var messages = List.of(Message.system("Be brief."), Message.user("Hello"));
    int apart = messages.stream().mapToInt(m -> estimator.countMessages(List.of(m)) - 3).sum() + 3;
    assertThat(estimator.countMessages(messages)).isEqualTo(apart);
  }

  @Test
  void countsNameDescriptionAndSchemaOfATool() {
    var tool = new ToolDefinition("read", Optional.of("Reads it"), new JsonText("{\"type\":1}"));
    var bare = new ToolDefinition("read", Optional.empty(), JsonText.EMPTY_OBJECT);
    assertThat(estimator.estimateTools(List.of(tool))).isEqualTo(8 + 1 + 2 + 3);
    assertThat(estimator.estimateTools(List.of(tool, bare))).isEqualTo(14 + 8 + 1 + 1);
  }

  @ParameterizedTest
  @CsvSource({"0, 64", "128, 64", "400, 200", "2048, 1024", "1000000, 1024"})
  void guessesAnswersWithinBounds(int promptTokens, int completionTokens) {
    assertThat(estimator.estimateCompletionTokens(promptTokens)).isEqualTo(completionTokens);
  }

  @ParameterizedTest
  @CsvSource({
    ", 18, false", // the prompt takes 18
    ", 17, true",
    "10, 28, false",
    "10, 27, true",
    "2147483647, 2147483647, true"
  })
  void foreseesWhetherPromptAndAnswerFit(Integer maxTokens, int limit, boolean exceeded) {
    var prompt =
        ChatRequest.of(new ModelName("mock"), List.of(Message.user("abcd")))
            .withTools(
                List.of(new ToolDefinition("read", Optional.empty(), JsonText.EMPTY_OBJECT)));
    var request = Optional.ofNullable(maxTokens).map(prompt::withMaxTokens).orElse(prompt);
    assertThat(estimator.estimateTotal(request)).isEqualTo(18);
    assertThat(estimator.willExceedLimit(request, new TokenLimit(limit))).isEqualTo(exceeded);
  }
}
