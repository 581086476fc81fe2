package llm.domain.content;

import java.util.Locale;

/** The forms in which callers ask and providers are asked. */
public enum Dialect {
  /** OpenAI's Chat Completions, which most servers of open models speak too. */
  OPENAI_CHAT,
  /** OpenAI's Responses. */
  OPENAI_RESPONSES,
  /** Anthropic's Messages. */
  ANTHROPIC,
  /** This server's own {@code /llm} endpoints, whose names are those of Chat Completions. */
  LLM;

  /** Whether fields of this dialect mean the same in {@code other}. */
  public boolean isReadAs(Dialect other) {
    return family() == other.family();
  }

  /** The name in fields and headers, as {@code openai_chat}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  private Dialect family() {
    return this == LLM ? OPENAI_CHAT : this;
  }
}
