package llm.domain.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StreamEventTest {
  private static final Duration BUDGET = Duration.ofSeconds(3);
  private static final Usage USAGE = Usage.of(3, 4);

  @ParameterizedTest
  @EnumSource(
      value = CancelReason.class,
      names = {"DEADLINE", "FIRST_TOKEN", "IDLE"})
  void endsAsFailedWhenALimitWasExceeded(CancelReason reason) {
    assertThat(StreamEvent.Terminal.of(reason, "generation", BUDGET, USAGE))
        .isEqualTo(
            new StreamEvent.Failed(
                new LlmError.DeadlineExceeded(reason, "generation", BUDGET), USAGE));
  }

  @ParameterizedTest
  @EnumSource(
      value = CancelReason.class,
      names = {"CLIENT_GONE", "USER", "SHUTDOWN", "HEDGE_LOST", "CLOSED"})
  void endsAsCancelledOtherwise(CancelReason reason) {
    assertThat(StreamEvent.Terminal.of(reason, "generation", BUDGET, USAGE))
        .isEqualTo(new StreamEvent.Cancelled(reason, USAGE));
  }
}
