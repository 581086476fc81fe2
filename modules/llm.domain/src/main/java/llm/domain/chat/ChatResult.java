package llm.domain.chat;

import java.util.List;

/**
 * A whole answer.
 *
 * @param model the model that answered
 * @param text what it said
 * @param reasoning its reasoning, where the provider shows it; else empty
 * @param toolCalls the tools it calls
 * @param finishReason why it ended
 * @param usage tokens taken
 * @param logprobs of the tokens of {@code text}, in their order; empty where none were asked for
 */
public record ChatResult(
    String model,
    String text,
    String reasoning,
    List<ToolCall> toolCalls,
    FinishReason finishReason,
    Usage usage,
    List<TokenLogprob> logprobs) {
  /** Copies the lists. */
  public ChatResult {
    toolCalls = List.copyOf(toolCalls);
    logprobs = List.copyOf(logprobs);
  }

  /** An answer without log probabilities. */
  public ChatResult(
      String model,
      String text,
      String reasoning,
      List<ToolCall> toolCalls,
      FinishReason finishReason,
      Usage usage) {
    this(model, text, reasoning, toolCalls, finishReason, usage, List.of());
  }

  /** The same answer with this usage. */
  public ChatResult withUsage(Usage other) {
    return new ChatResult(model, text, reasoning, toolCalls, finishReason, other, logprobs);
  }
}
