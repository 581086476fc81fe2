package llm.core.gateway.failover;

import java.util.Optional;
import llm.domain.chat.StreamEvent;

/** What the caller was given of an answer, as far as its continuation depends on it. */
public final class Given {
  /** Characters of an answer that can be gone on from. */
  public static final int MOST_CHARACTERS = 4 * 1024 * 1024;

  private final StringBuilder text = new StringBuilder();
  private boolean isAnything;
  private boolean isTooLong;
  private boolean hasCall;
  private boolean hasMore; // that is no text, reasoning or call
  private boolean isHalf; // its last word is a part of a character

  /** Nothing yet. */
  public Given() {}

  /** The caller is given {@code event}. */
  void add(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta delta -> text(delta);
      case StreamEvent.ToolCallStarted _, StreamEvent.ToolArgumentsDelta _ -> hasCall = true;
      case StreamEvent.Note _ -> hasMore = true;
      case StreamEvent.Started _,
          StreamEvent.ReasoningDelta _,
          StreamEvent.ReasoningSigned _,
          StreamEvent.ReasoningHidden _,
          StreamEvent.Terminal _ -> {
        // nothing is gone on from here
      }
    }
    isAnything = true;
  }

  private void text(StreamEvent.TextDelta delta) {
    if (text.length() + delta.text().length() > MOST_CHARACTERS) {
      isTooLong = true;
    } else if (!isTooLong) {
      text.append(delta.text());
    }
    isHalf = delta.text().isEmpty(); // there are log probabilities alone
  }

  /** The text, without what is beyond {@link #MOST_CHARACTERS}. */
  public String text() {
    return text.toString();
  }

  /** Whether there is text. */
  public boolean hasText() {
    return !text.isEmpty();
  }

  /** Whether there is anything at all. */
  public boolean isAnything() {
    return isAnything;
  }

  /** Why nobody can go on from it, one sentence; empty: somebody may. */
  Optional<String> barrier() {
    if (hasCall) {
      return Optional.of("It had begun to call a tool, which nobody else can go on with.");
    }
    if (hasMore || isHalf) {
      return Optional.of("It had said more than text, which nobody else can go on from.");
    }
    return isTooLong
        ? Optional.of(
            "It had said more than "
                + MOST_CHARACTERS
                + " characters, which are too many to go on from.")
        : Optional.empty();
  }
}
