package llm.gpu.schedule;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import llm.core.concurrent.EventRing;
import llm.domain.chat.StreamEvent;

/**
 * Events on their way to one consumer: what its ring has no room for waits here. Bounded by its
 * user, who adds only while it is empty, and then the few events of one token. The engine's thread
 * owns it.
 */
public final class Outbox {
  private final EventRing ring;
  private final ArrayDeque<StreamEvent> waiting = new ArrayDeque<>(2);
  private long fullSinceNanos;

  public Outbox(EventRing ring) {
    this.ring = ring;
  }

  /** Adds an event behind those that wait. */
  public void add(StreamEvent event) {
    waiting.add(event);
  }

  public boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Hands over what there is room for. */
  public void flush(long nowNanos) {
    boolean wasStuck = fullSinceNanos != 0;
    boolean moved = false;
    while (!waiting.isEmpty() && ring.offer(waiting.peek())) {
      waiting.remove();
      moved = true;
    }
    if (waiting.isEmpty()) {
      fullSinceNanos = 0;
    } else if (moved || !wasStuck) {
      fullSinceNanos = nowNanos == 0 ? 1 : nowNanos;
    }
  }

  /** When the consumer will have taken nothing for {@code limit}; empty while nothing waits. */
  public Optional<Long> stallsAt(Duration limit) {
    return fullSinceNanos == 0 ? Optional.empty() : Optional.of(fullSinceNanos + limit.toNanos());
  }
}
