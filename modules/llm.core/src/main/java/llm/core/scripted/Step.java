package llm.core.scripted;

import java.time.Duration;
import llm.domain.chat.StreamEvent;

/** What a scripted stream does next. */
public sealed interface Step {

  /** Hands out an event; a terminal one ends the script. */
  record Emit(StreamEvent event) implements Step {}

  /**
   * Lets time pass since the last event was taken; a consumer that came later does not wait.
   *
   * @param time 0 or more
   */
  record Pause(Duration time) implements Step {
    /** Rejects a negative time. */
    public Pause {
      if (time.isNegative()) {
        throw new IllegalArgumentException("pause " + time + " must not be negative");
      }
    }
  }
}
