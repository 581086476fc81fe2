package llm.domain.interaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import llm.domain.port.CountingIds;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("D-1 LlmRequestId")
class LlmRequestIdTest {

  @Test
  void isWrittenAsPrefixAndUuid() {
    var id = LlmRequestId.create(new CountingIds());
    assertThat(id.value()).isEqualTo("llm-req-00000000-0000-0000-0000-000000000001");
    assertThat(id).hasToString(id.value());
  }

  @Test
  void isReadBackFromWhatItWrote() {
    var id = LlmRequestId.create(IdSource.RANDOM);
    assertThat(LlmRequestId.parse(id.value())).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "llm-req-",
        "123e4567-e89b-42d3-a456-426614174000",
        "llm-req-1-1-1-1-1",
        "llm-req-123E4567-e89b-42d3-a456-426614174000",
        "llm-req-123e4567-e89b-42d3-a456-426614174000 "
      })
  void refusesWhatItWouldNotWrite(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LlmRequestId.parse(value))
        .withMessage(
            "request id '%s' must be llm-req- and a UUID in lower case, as"
                + " llm-req-123e4567-e89b-42d3-a456-426614174000",
            value);
  }
}
