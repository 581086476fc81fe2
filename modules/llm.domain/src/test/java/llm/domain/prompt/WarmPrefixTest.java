package llm.domain.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import llm.domain.model.ModelName;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.Test;

class WarmPrefixTest {
  private static final UUID UUID_1 = UUID.fromString("123e4567-e89b-42d3-a456-426614174000");

  @Test
  void anIdIsReadAsItWasWritten() {
    var id = WarmPrefixId.create(() -> UUID_1);
    assertThat(id).hasToString("warm-123e4567-e89b-42d3-a456-426614174000");
    assertThat(WarmPrefixId.parse(id.value())).contains(id);
  }

  @Test
  void whatIsNoIdIsNone() {
    List<String> wrong =
        List.of("", "warm-", UUID_1.toString(), "warm-1-2-3-4-5", "WARM-" + UUID_1, "warm-x");
    for (String text : wrong) {
      assertThat(WarmPrefixId.parse(text)).as(text).isEmpty();
    }
  }

  @Test
  void aPrefixIsKeptForMoreThanNothingAndAtMostAnHour() {
    for (Duration wrong :
        List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofMillis(3600001))) {
      assertThatThrownBy(() -> WarmPrefix.requireLegal(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at most PT1H, not for " + wrong);
    }
    assertThatCode(() -> WarmPrefix.requireLegal(Duration.ofHours(1))).doesNotThrowAnyException();
    assertThatCode(() -> WarmPrefix.requireLegal(WarmPrefix.DEFAULT_KEEP))
        .doesNotThrowAnyException();
  }

  @Test
  void noMoreIsCachedThanThereIs() {
    var id = WarmPrefixId.create(IdSource.RANDOM);
    assertThatThrownBy(() -> new WarmPrefix(id, new ModelName("m"), 3, 4, Instant.EPOCH))
        .hasMessage("cached tokens 4 must be 0 to the prompt's 3");
    assertThatThrownBy(() -> new WarmPrefix(id, new ModelName("m"), 3, -1, Instant.EPOCH))
        .hasMessage("cached tokens -1 must be 0 to the prompt's 3");
    assertThat(new WarmPrefix(id, new ModelName("m"), 3, 3, Instant.EPOCH).cachedTokens())
        .isEqualTo(3);
  }
}
