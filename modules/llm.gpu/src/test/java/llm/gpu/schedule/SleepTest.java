package llm.gpu.schedule;

import java.time.Duration;
import java.util.Optional;
import llm.core.testkit.ManualClock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each of them would sleep for ever where the sleep is not ended. */
@Timeout(20)
class SleepTest {
  private final ManualClock clock = new ManualClock();
  private final Sleep sleep = new Sleep(Thread.currentThread(), clock);

  @Test
  void whoIsWokenWhileItWorksDoesNotSleepAfterIt() {
    sleep.roundBegins();
    sleep.wake();

    sleep.until(Optional.empty());
    sleep.until(Optional.empty());
  }

  @Test
  void whoIsWokenWhileItSleepsGoesOn() throws InterruptedException {
    sleep.roundBegins();
    Thread waker = Thread.ofPlatform().start(sleep::wake);
    sleep.until(Optional.empty());
    waker.join();
  }

  @Test
  void aTimeThatHasComeEndsIt() {
    sleep.roundBegins();
    sleep.until(Optional.of(clock.nanoTime() - Duration.ofDays(1).toNanos()));
  }
}
