package llm.gpu.memory;

/** Who has a place for its model, or wants one. Any thread. */
public interface Tenant extends Held {
  /** When it was last used, on the monotonic clock. */
  long lastUseNanos();

  /** Lets it look again at what it waits for, or is asked. Does not block. */
  void wake();
}
