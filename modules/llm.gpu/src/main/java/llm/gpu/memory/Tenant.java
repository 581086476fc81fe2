package llm.gpu.memory;

/** Who has its model in memory, or wants it there. Any thread. */
public interface Tenant extends Held {
  /** Whether its model is one of those that the number of places limits; it takes memory anyway. */
  boolean takesPlace();

  /** When it was last used, on the monotonic clock. */
  long lastUseNanos();

  /** Lets it look again at what it waits for, or is asked. Does not block. */
  void wake();
}
