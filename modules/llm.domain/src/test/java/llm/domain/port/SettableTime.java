package llm.domain.port;

import java.time.Duration;
import java.time.Instant;

/** Both clocks stand still until they are moved; they move together. */
public final class SettableTime implements TimeSource {
  /** What the wall clock says at first. */
  public static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private Duration passed = Duration.ZERO;

  /** Lets {@code time} pass. */
  public void advance(Duration time) {
    passed = passed.plus(time);
  }

  @Override
  public Instant now() {
    return START.plus(passed);
  }

  @Override
  public long nanoTime() {
    return passed.toNanos() - 1_000_000_000L;
  }
}
