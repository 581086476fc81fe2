package llm.core.concurrent;

import llm.domain.call.Registration;
import llm.domain.port.TimeSource;

/** Runs actions at points of the monotonic clock. Thread-safe. */
public interface Alarms {

  /** The clock that the points are on. */
  TimeSource time();

  /**
   * Runs {@code action} once, soon after {@code atNanos}, on the alarms' own thread: it must not
   * block. A point in the past runs at once. An action that throws is logged, the others go on.
   *
   * @return closing it before it runs keeps it from running
   */
  Registration at(long atNanos, Runnable action);
}
