package llm.core.idempotency;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that answers share while they are made. Thread-safe; nobody waits for it. */
final class Room {
  private final long most;
  private final AtomicLong held = new AtomicLong();

  Room(long most) {
    this.most = most;
  }

  /** Takes so many bytes; false when there are not so many left. */
  boolean take(long bytes) {
    if (held.addAndGet(bytes) <= most) {
      return true;
    }
    held.addAndGet(-bytes);
    return false;
  }

  /** Gives back what was taken. */
  void give(long bytes) {
    held.addAndGet(-bytes);
  }

  long held() {
    return held.get();
  }
}
