package llm.core.dialect.responses;

import java.util.Locale;
import java.util.Optional;

/** How far a response is. */
public enum ResponseStatus {
  /** It is being made. */
  IN_PROGRESS,
  /** It is whole. */
  COMPLETED,
  /** It was cut: by its limit, or by a filter. */
  INCOMPLETE,
  /** It could not be made. */
  FAILED,
  /** Somebody stopped it. */
  CANCELLED;

  /** The name in JSON. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether nothing more will come. */
  public boolean isOver() {
    return this != IN_PROGRESS;
  }

  /** The status of a name; empty for one that is none of ours. */
  public static Optional<ResponseStatus> of(String wireName) {
    for (ResponseStatus status : values()) {
      if (status.wireName().equals(wireName)) {
        return Optional.of(status);
      }
    }
    return Optional.empty();
  }
}
