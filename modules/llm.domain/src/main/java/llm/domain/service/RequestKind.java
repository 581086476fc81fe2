package llm.domain.service;

import llm.domain.model.Temperature;
import llm.domain.model.TokenLimit;

/** What a request is for, and so how freely and how long the model answers. */
public enum RequestKind {
  /** Conversation: balanced, answers of some pages. */
  CHAT(Temperature.balanced(), new TokenLimit(4_096)),
  /** Calls of tools: conservative, since arguments must be exact. */
  TOOL(Temperature.conservative(), new TokenLimit(4_096)),
  /** Code: conservative, answers as long as a large file. */
  CODE_GENERATION(Temperature.conservative(), new TokenLimit(8_192));

  private final Temperature temperature;
  private final TokenLimit outputLimit;

  RequestKind(Temperature temperature, TokenLimit outputLimit) {
    this.temperature = temperature;
    this.outputLimit = outputLimit;
  }

  /** How freely the model chooses. */
  public Temperature temperature() {
    return temperature;
  }

  /** The most tokens of an answer; a model that gives less gives less. */
  public TokenLimit outputLimit() {
    return outputLimit;
  }
}
