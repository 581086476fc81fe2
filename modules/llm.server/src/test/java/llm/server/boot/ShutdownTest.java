package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.server.http.Admission;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** O-8: the end of an idle server; the end with open streams is tested on the real process. */
@Timeout(60)
class ShutdownTest {
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final ManualClock clock = new ManualClock();
  private final Admission admission = new Admission(8);

  @Test
  void closesThePartsOnceNobodyIsInside() throws Exception {
    var closed = new boolean[1];
    shutdown(Duration.ofSeconds(25)).run(() -> {}, () -> closed[0] = admission.isDraining());
    assertThat(closed).containsExactly(true);
    assertThat(telemetry.trail()).containsExactly("shutdown_start", "shutdown_finish");
    assertThat(clock.alarmCount()).as("the limit is not needed any more").isZero();
  }

  @Test
  void aPartThatHangsIsNotWaitedForBeyondTheDrainTime() throws Exception {
    var overdue = new boolean[1];
    shutdown(Duration.ofSeconds(25))
        .run(() -> overdue[0] = true, () -> clock.advance(Duration.ofSeconds(25)));
    assertThat(overdue).containsExactly(true);
  }

  @Test
  void aPartThatFailsToCloseIsLoggedAndTheEndGoesOn() throws Exception {
    Runnable broken =
        () -> {
          throw new IllegalStateException("stuck");
        };
    shutdown(Duration.ofSeconds(25)).run(() -> {}, broken);
    assertThat(telemetry.trail())
        .containsExactly("shutdown_start", "close_failed", "shutdown_finish");
  }

  private Shutdown shutdown(Duration drain) {
    return new Shutdown(admission, clock, drain, telemetry.log("llm.server"));
  }
}
