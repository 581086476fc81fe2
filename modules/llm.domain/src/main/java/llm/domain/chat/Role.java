package llm.domain.chat;

import java.util.Locale;

/** Who speaks in a message. */
public enum Role {
  SYSTEM,
  USER,
  ASSISTANT,
  TOOL;

  /** The role as the dialects write it, in lower case. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
