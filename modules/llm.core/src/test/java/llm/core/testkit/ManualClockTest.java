package llm.core.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class ManualClockTest {
  private final ManualClock clock = new ManualClock(Instant.EPOCH);
  private final ArrayList<String> trail = new ArrayList<>();

  @Test
  void runsDueAlarmsInOrderWithTheClockAtTheirPoint() {
    clock.at(30, () -> trail.add("c@" + clock.nanoTime()));
    clock.at(10, () -> trail.add("a@" + clock.nanoTime()));
    clock.at(10, () -> trail.add("b@" + clock.nanoTime()));
    clock.at(99, () -> trail.add("later"));
    clock.advance(Duration.ofNanos(50));
    assertThat(trail).containsExactly("a@10", "b@10", "c@30");
    assertThat(clock.nanoTime()).isEqualTo(50);
    assertThat(clock.now()).isEqualTo(Instant.EPOCH.plusNanos(50));
    assertThat(clock.alarmCount()).isEqualTo(1);
  }

  @Test
  void anAlarmMaySetAnotherWithinTheSameStep() {
    clock.at(10, () -> clock.at(20, () -> trail.add("nested@" + clock.nanoTime())));
    clock.advance(Duration.ofNanos(25));
    assertThat(trail).containsExactly("nested@20");
  }

  @Test
  void aPointInThePastRunsAtOnceAndARemovedOneNever() {
    clock.advance(Duration.ofSeconds(1));
    clock.at(5, () -> trail.add("past"));
    clock.at(Duration.ofSeconds(2).toNanos(), () -> trail.add("removed")).close();
    clock.advance(Duration.ofSeconds(5));
    assertThat(trail).containsExactly("past");
  }

  @Test
  void timeDoesNotGoBack() {
    assertThatIllegalArgumentException().isThrownBy(() -> clock.advance(Duration.ofNanos(-1)));
  }
}
