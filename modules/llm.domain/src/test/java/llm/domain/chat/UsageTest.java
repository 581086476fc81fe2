package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {

  @ParameterizedTest
  @CsvSource({"-1, 0, 0", "0, -1, 0", "0, 0, -1", "5, 9, 6"})
  void refusesImpossibleCounts(int prompt, int completion, int cached) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Usage(prompt, completion, cached))
        .withMessage(
            "token counts must not be negative, cached at most prompt: prompt %d, completion %d,"
                + " cached %d",
            prompt, completion, cached);
  }

  @ParameterizedTest
  @CsvSource({"-1, 5", "6, 5", "1, -1"})
  void refusesMoreReasoningThanAnswer(int reasoning, int completion) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Usage(1, completion, 0, reasoning))
        .withMessage(
            "reasoning tokens must be 0 to the completion's %d, got %d", completion, reasoning);
  }

  @ParameterizedTest
  @CsvSource({"-1, 5, 0", "6, 5, 0", "4, 5, 2"})
  void refusesMoreWrittenToACacheThanThereIs(int written, int prompt, int cached) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Usage(prompt, 1, cached, 0, written))
        .withMessageContaining("tokens written to a cache must be 0 to those");
    assertThat(new Usage(prompt, 1, cached, 0, prompt - cached).cacheWriteTokens())
        .isEqualTo(prompt - cached);
  }

  @Test
  void addsPromptAndCompletionWithoutOverflow() {
    assertThat(new Usage(5, 7, 5).totalTokens()).isEqualTo(12);
    assertThat(Usage.of(Integer.MAX_VALUE, 1).totalTokens()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void addsUpWithoutOverflow() {
    var one = new Usage(10, 5, 4, 2, 6);
    assertThat(Usage.NONE.plus(one)).isEqualTo(one);
    assertThat(one.plus(Usage.NONE)).isEqualTo(one);
    assertThat(one.plus(new Usage(1, 1, 1, 1))).isEqualTo(new Usage(11, 6, 5, 3, 6));
    var most = new Usage(Integer.MAX_VALUE, Integer.MAX_VALUE, 5, 0, 7);
    assertThat(most.plus(most))
        .isEqualTo(new Usage(Integer.MAX_VALUE, Integer.MAX_VALUE, 10, 0, 14));
  }
}
