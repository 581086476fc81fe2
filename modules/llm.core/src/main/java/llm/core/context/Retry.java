package llm.core.context;

import java.time.Duration;
import llm.domain.port.TimeSource;

/** When what failed is tried again: each time later. One thread at a time. */
final class Retry {
  private static final Duration FIRST = Duration.ofSeconds(5);
  private static final Duration LAST = Duration.ofMinutes(5);

  private final TimeSource time;
  private Duration wait = FIRST;
  private long notBefore;

  /** At once. */
  Retry(TimeSource time) {
    this.time = time;
    this.notBefore = time.nanoTime();
  }

  boolean isDue() {
    return time.nanoTime() - notBefore >= 0;
  }

  void succeeded() {
    wait = FIRST;
  }

  void failed() {
    notBefore = time.nanoTime() + wait.toNanos();
    Duration twice = wait.multipliedBy(2);
    wait = twice.compareTo(LAST) > 0 ? LAST : twice;
  }
}
