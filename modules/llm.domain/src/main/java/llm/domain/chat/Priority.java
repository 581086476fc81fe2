package llm.domain.chat;

import java.util.Locale;
import java.util.Optional;

/**
 * Whose turn it is where requests wait for the same model. Background work yields to interactive
 * work; within a class the requests are equals.
 */
public enum Priority {
  /** Somebody waits for the answer. */
  INTERACTIVE,
  /** Nobody waits; the answer may come whenever there is nothing more urgent to do. */
  BACKGROUND;

  /** The name in a body: {@code interactive} or {@code background}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The priority of a wire name; empty for a name that is none. */
  public static Optional<Priority> of(String wireName) {
    for (Priority priority : values()) {
      if (priority.wireName().equals(wireName)) {
        return Optional.of(priority);
      }
    }
    return Optional.empty();
  }
}
