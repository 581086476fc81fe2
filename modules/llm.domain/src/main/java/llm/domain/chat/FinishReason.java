package llm.domain.chat;

import java.util.Locale;

/** Why a generation ended. */
public enum FinishReason {
  /** The model was done, or a stop string came. */
  STOP,
  /** The token limit or the context's end cut the answer. */
  LENGTH,
  /** The model calls tools and waits for their results. */
  TOOL_CALLS,
  /** The provider's filter cut the answer. */
  CONTENT_FILTER,
  /** The generation failed. */
  ERROR,
  /** The provider gave a reason that is not known here. */
  UNKNOWN;

  /** The name in the OpenAI dialect, for example {@code tool_calls}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The reason of a wire name in any case; {@link #UNKNOWN} for one that is not known. */
  public static FinishReason of(String wireName) {
    for (FinishReason reason : values()) {
      if (reason.name().equalsIgnoreCase(wireName)) {
        return reason;
      }
    }
    return UNKNOWN;
  }

  /** Ended as meant: an answer or tool calls. */
  public boolean isNormal() {
    return this == STOP || this == TOOL_CALLS;
  }

  /** The answer was cut. */
  public boolean isTruncated() {
    return this == LENGTH;
  }

  /** The caller has to act: run the tools. */
  public boolean requiresAction() {
    return this == TOOL_CALLS;
  }

  /** There is no answer to rely on. */
  public boolean isError() {
    return this == ERROR;
  }
}
