package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("D-1 FinishReason")
class FinishReasonTest {

  @ParameterizedTest
  @CsvSource({
    // normal, truncated, requires action, error
    "STOP, true, false, false, false",
    "LENGTH, false, true, false, false",
    "TOOL_CALLS, true, false, true, false",
    "CONTENT_FILTER, false, false, false, false",
    "ERROR, false, false, false, true",
    "UNKNOWN, false, false, false, false"
  })
  void saysWhatItMeans(
      FinishReason reason, boolean normal, boolean truncated, boolean action, boolean error) {
    assertThat(reason.isNormal()).isEqualTo(normal);
    assertThat(reason.isTruncated()).isEqualTo(truncated);
    assertThat(reason.requiresAction()).isEqualTo(action);
    assertThat(reason.isError()).isEqualTo(error);
  }

  @ParameterizedTest
  @EnumSource
  void isReadBackFromItsWireName(FinishReason reason) {
    assertThat(FinishReason.of(reason.wireName())).isEqualTo(reason);
  }

  @ParameterizedTest
  @CsvSource({"STOP, STOP", "tool_calls, TOOL_CALLS", "end_turn, UNKNOWN", "'', UNKNOWN"})
  void isUnknownForANameItDoesNotKnow(String wireName, FinishReason reason) {
    assertThat(FinishReason.of(wireName)).isEqualTo(reason);
  }
}
