package llm.domain.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallIdTest {

  @ParameterizedTest
  @ValueSource(strings = {"a", "0190-AbC._:-z"})
  void takesWhatCanStandInAHeader(String value) {
    assertThat(CallId.isLegal(value)).isTrue();
    assertThat(new CallId(value)).hasToString(value);
  }

  @Test
  void takesUpTo128Characters() {
    assertThat(CallId.isLegal("x".repeat(128))).isTrue();
    assertThat(CallId.isLegal("x".repeat(129))).isFalse();
  }

  @Test
  void takesLettersDigitsAndFourMarksOfAsciiAndNothingElse() {
    String legal = "-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    for (char c = 0; c < 0x200; c++) {
      assertThat(CallId.isLegal("a" + c))
          .as("character %d", (int) c)
          .isEqualTo(legal.indexOf(c) >= 0);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\r\nX-Evil: 1", "é"})
  void refusesTheRestWithoutRepeatingIt(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CallId(value))
        .withMessage(
            "call id must match [A-Za-z0-9._:-]{1,128}, got " + value.length() + " characters");
  }

  @Test
  void isMadeForAPrincipalWithAName() {
    assertThat(Principal.LOCAL.name()).isEqualTo("local");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Principal(" "))
        .withMessage("principal name must not be blank");
  }
}
