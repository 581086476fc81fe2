package llm.domain.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Optional;
import llm.domain.chat.Usage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("D-1 TokenLimit")
class TokenLimitTest {
  private static final ModelSpec SPEC =
      new ModelSpec(8_000, 1_000, true, false, true, Optional.empty(), Optional.empty());

  @ParameterizedTest
  @ValueSource(ints = {0, -100, Integer.MIN_VALUE})
  void refusesLimitsBelowOne(int value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TokenLimit(value))
        .withMessage("token limit " + value + " must be at least 1");
  }

  @ParameterizedTest
  @CsvSource({"1, false", "99, false", "100, true", "200000, true", "200001, false"})
  void isLegalOutsideTheDefaultPolicyToo(int value, boolean within) {
    assertThat(new TokenLimit(value).isWithinDefaultPolicy()).isEqualTo(within);
  }

  @Test
  void isTheContextWindowForAModel() {
    assertThat(TokenLimit.forModel(SPEC)).isEqualTo(new TokenLimit(8_000));
  }

  @ParameterizedTest
  @CsvSource({
    // prompt, completion, within, remaining, percent, nearly exhausted
    "0, 0, true, 1000, 0.0, false",
    "500, 250, true, 250, 75.0, false",
    "800, 99, true, 101, 89.9, false",
    "800, 100, true, 100, 90.0, true",
    "800, 200, true, 0, 100.0, true",
    "800, 201, false, 0, 100.1, true",
    "2147483647, 2147483647, false, 0, 214748364.7, true"
  })
  void measuresPromptAndAnswerTogether(
      int prompt, int completion, boolean within, int remaining, double percent, boolean nearly) {
    var limit = new TokenLimit(1_000);
    var usage = Usage.of(prompt, completion);
    assertThat(limit.isWithinLimit(usage)).isEqualTo(within);
    assertThat(limit.remaining(usage)).isEqualTo(remaining);
    assertThat(limit.percentageUsed(usage)).isEqualTo(percent);
    assertThat(limit.isNearlyExhausted(usage)).isEqualTo(nearly);
  }

  @ParameterizedTest
  @CsvSource({
    // asked, prompt, budget
    "500, 1000, 500", // the caller asks for least
    "5000, 1000, 1000", // the model gives least
    ", 1000, 1000", // nothing asked
    "500, 7600, 400", // the window leaves least
    ", 7999, 1", // the last token
  })
  void givesTheAnswerTheLeastOfAskedMaximumAndRest(Integer asked, int prompt, int budget) {
    assertThat(TokenLimit.outputBudget(Optional.ofNullable(asked), SPEC, prompt))
        .contains(new TokenLimit(budget));
  }

  @ParameterizedTest
  @ValueSource(ints = {8_000, 8_001, Integer.MAX_VALUE})
  void saysWhenThePromptLeavesNothing(int prompt) {
    assertThat(TokenLimit.outputBudget(Optional.of(500), SPEC, prompt)).isEmpty();
    assertThat(TokenLimit.outputBudget(Optional.empty(), SPEC, prompt)).isEmpty();
  }

  @Test
  void refusesABudgetFromImpossibleNumbers() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenLimit.outputBudget(Optional.of(0), SPEC, 10))
        .withMessage("token limit 0 must be at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TokenLimit.outputBudget(Optional.of(10), SPEC, -1))
        .withMessage("prompt tokens -1 must be 0 or more");
  }
}
