package llm.domain.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import llm.domain.content.Thinking.Effort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ThinkingTest {
  @ParameterizedTest
  @EnumSource(Effort.class)
  void anEffortIsFoundByItsNameAndByItsBudget(Effort effort) {
    assertThat(Effort.of(effort.wireName())).contains(effort);
    assertThat(Effort.ofBudget(effort.budgetTokens())).isEqualTo(effort);
  }

  @ParameterizedTest
  @CsvSource({"1,MINIMAL", "1025,LOW", "8193,HIGH", "1000000,MAX"})
  void aBudgetHasTheLeastEffortWithRoomForIt(int tokens, Effort effort) {
    assertThat(Effort.ofBudget(tokens)).isEqualTo(effort);
  }

  @Test
  void anUnknownNameIsNoEffort() {
    assertThat(Effort.of("LOW")).isEmpty();
  }

  @Test
  void aBudgetOfNothingIsRefused() {
    assertThat(new Thinking.Budget(1).tokens()).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Thinking.Budget(0))
        .withMessageContaining("1 token or more");
  }

  @Test
  void wishesOfAKindAreEqual() {
    assertThat(new Thinking.Off()).isEqualTo(new Thinking.Off());
    assertThat(new Thinking.Adaptive()).isEqualTo(new Thinking.Adaptive());
    assertThat(new Thinking.ByEffort(Effort.LOW)).isEqualTo(new Thinking.ByEffort(Effort.LOW));
  }
}
