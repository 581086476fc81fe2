package llm.domain.service;

import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.model.TokenLimit;
import llm.domain.port.TokenCounter;

/**
 * Builds requests to one model, with the temperature and the output limit of their kind. Stateless,
 * thread-safe.
 */
public final class RequestBuilder {
  private final ModelName model;
  private final ModelSpec spec;

  /** Builds for this model; no output limit is greater than its maximum. */
  public RequestBuilder(ModelName model, ModelSpec spec) {
    this.model = model;
    this.spec = spec;
  }

  /** A turn of a conversation. */
  public ChatRequest chatRequest(List<Message> messages) {
    return build(RequestKind.CHAT, messages);
  }

  /**
   * A request whose answer may call tools.
   *
   * @throws IllegalArgumentException without a tool
   */
  public ChatRequest toolRequest(List<Message> messages, List<ToolDefinition> tools) {
    if (tools.isEmpty()) {
      throw new IllegalArgumentException("a tool request must offer at least one tool");
    }
    return build(RequestKind.TOOL, messages).withTools(tools);
  }

  /** A request whose answer is code. */
  public ChatRequest codeGenerationRequest(List<Message> messages) {
    return build(RequestKind.CODE_GENERATION, messages);
  }

  /**
   * The messages that {@code limit} has room for. System messages stay; of the rest the oldest
   * turns go first, and when even the latest turn is too long, its oldest steps behind the user's
   * message. A tool result and its call stay or go together.
   *
   * <p>The system messages, the latest user message and the last step stay in any case: when they
   * alone take more than {@code limit}, so does what is returned, and validation will say it.
   *
   * @param counter counts each message once
   */
  public List<Message> optimizeContext(
      List<Message> messages, TokenLimit limit, TokenCounter counter) {
    return new ContextTrimmer(messages, limit, counter).trim();
  }

  private ChatRequest build(RequestKind kind, List<Message> messages) {
    return ChatRequest.of(model, messages)
        .withSampling(SamplingOptions.DEFAULTS.withTemperature(kind.temperature()))
        .withMaxTokens(Math.min(kind.outputLimit().value(), spec.maxOutputTokens()));
  }
}
