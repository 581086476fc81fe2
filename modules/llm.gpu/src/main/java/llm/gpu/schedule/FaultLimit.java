package llm.gpu.schedule;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import llm.domain.port.TimeSource;

/**
 * How often something may break down and be begun anew: after {@link #MOST} faults within {@link
 * #WITHIN} it rests until the first of them is as old as that. One thread.
 */
public final class FaultLimit {
  /** Faults within {@link #WITHIN} that end the next attempts. */
  public static final int MOST = 3;

  /** How long a fault counts. */
  public static final Duration WITHIN = Duration.ofMinutes(5);

  private final TimeSource time;
  private final ArrayDeque<Long> faults = new ArrayDeque<>(MOST); // when they were; oldest first

  /** No fault yet. */
  public FaultLimit(TimeSource time) {
    this.time = time;
  }

  /** It broke down now. */
  public void add() {
    if (faults.size() == MOST) {
      faults.remove();
    }
    faults.add(time.nanoTime());
  }

  /** When the last fault will be forgotten, on the monotonic clock; empty when all are. */
  public Optional<Long> forgotten() {
    forget();
    return Optional.ofNullable(faults.peekLast()).map(last -> last + WITHIN.toNanos());
  }

  /** Until when it rests, on the monotonic clock; empty when it need not. */
  public Optional<Long> restsUntil() {
    forget();
    return faults.size() < MOST
        ? Optional.empty()
        : Optional.of(faults.element() + WITHIN.toNanos());
  }

  /** Why {@code what}, which rests, is refused, and until when. */
  public String refusal(String what) {
    long nanos = restsUntil().map(until -> until - time.nanoTime()).orElse(0L);
    return what
        + " was ended by "
        + MOST
        + " faults within "
        + WITHIN.toMinutes()
        + " minutes; the server's log has their causes. Ask again in "
        + Math.ceilDiv(nanos, Duration.ofSeconds(1).toNanos())
        + " s, when it may be loaded again.";
  }

  private void forget() {
    long now = time.nanoTime();
    faults.removeIf(fault -> now - fault >= WITHIN.toNanos());
  }
}
