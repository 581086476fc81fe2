package llm.domain.port;

import java.time.Instant;

/** Both clocks; a test sets its own. Thread-safe. */
public interface TimeSource {
  /** The JDK's clocks. */
  TimeSource SYSTEM =
      new TimeSource() {
        @Override
        public Instant now() {
          return Instant.now();
        }

        @Override
        public long nanoTime() {
          return System.nanoTime();
        }
      };

  /** Wall-clock time, for people and records. */
  Instant now();

  /** Monotonic time in nanoseconds of any origin, for durations and deadlines. */
  long nanoTime();
}
