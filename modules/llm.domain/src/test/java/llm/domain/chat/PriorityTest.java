package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PriorityTest {

  @ParameterizedTest
  @EnumSource
  void isReadBackFromItsWireName(Priority priority) {
    assertThat(Priority.of(priority.wireName())).contains(priority);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "urgent", "BACKGROUND"})
  void isNoneForAnotherName(String wireName) {
    assertThat(Priority.of(wireName)).isEmpty();
  }
}
