package llm.domain.interaction;

import java.util.EnumSet;
import java.util.Set;

/** How far a {@link LlmInteraction} is, and where it may go from there. */
public enum InteractionStatus {
  /** Began; nothing was sent. */
  STARTED,
  /** The request is with a provider. Sent again when a try failed and another one is made. */
  SENT,
  /** The answer is coming. Sent again when it broke off and another provider goes on. */
  RECEIVING,
  /** The answer is here. */
  PROCESSED,
  /** Ended well; for good. */
  COMPLETED,
  /** Failed or was cancelled; for good. */
  FAILED;

  /** The statuses that may follow this one. */
  public Set<InteractionStatus> next() {
    return switch (this) {
      case STARTED -> EnumSet.of(SENT, FAILED);
      case SENT -> EnumSet.of(SENT, RECEIVING, FAILED);
      case RECEIVING -> EnumSet.of(SENT, PROCESSED, FAILED);
      case PROCESSED -> EnumSet.of(COMPLETED, FAILED);
      case COMPLETED, FAILED -> EnumSet.noneOf(InteractionStatus.class);
    };
  }

  /** Whether nothing follows. */
  public boolean isTerminal() {
    return this == COMPLETED || this == FAILED;
  }

  /** {@code to}, when it may follow this status. */
  InteractionStatus to(InteractionStatus to) {
    if (!next().contains(to)) {
      throw new IllegalStateException(
          "an interaction that is "
              + this
              + " cannot become "
              + to
              + (isTerminal() ? ", it has ended" : ", only one of " + next()));
    }
    return to;
  }
}
