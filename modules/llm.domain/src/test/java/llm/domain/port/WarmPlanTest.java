package llm.domain.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import llm.domain.model.ModelName;
import llm.domain.port.WarmPlan.EmptyGeneration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-1 how a connection is kept warm")
class WarmPlanTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Optional<ModelName> MODEL = Optional.of(new ModelName("m"));

  @Test
  void aPlanMayRunForEverAndGenerateNothing() {
    var plan = new WarmPlan(SECOND, Duration.ZERO, SECOND, EmptyGeneration.NEVER, Optional.empty());
    assertThat(plan.idle()).isZero();
    assertThat(new WarmPlan(SECOND, SECOND, SECOND, EmptyGeneration.ALWAYS, MODEL).model())
        .isEqualTo(MODEL);
  }

  @Test
  void timesThatCannotBeAreRefusedByName() {
    refused(Duration.ZERO, SECOND, SECOND, "interval PT0S must be more than 0");
    refused(SECOND, SECOND.negated(), SECOND, "idle PT-1S must be 0 or more");
    refused(SECOND, SECOND, Duration.ZERO, "patience PT0S must be more than 0");
  }

  @Test
  void aGenerationNeedsAModel() {
    assertThatThrownBy(
            () -> new WarmPlan(SECOND, SECOND, SECOND, EmptyGeneration.HANDSHAKE, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("HANDSHAKE needs a model");
  }

  @Test
  void aWarmerKeepsNothingUnlessItSaysSo() {
    ConnectionWarmer warmer = _ -> OptionalInt.empty();
    warmer.rest();
    assertThat(warmer.plan()).isEmpty();
  }

  private static void refused(Duration interval, Duration idle, Duration patience, String message) {
    assertThatThrownBy(
            () -> new WarmPlan(interval, idle, patience, EmptyGeneration.NEVER, Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
