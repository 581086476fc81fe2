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
 */
public record ChatResult(
    String model,
    String text,
    String reasoning,
    List<ToolCall> toolCalls,
    FinishReason finishReason,
    Usage usage) {
  /** Copies the list. */
  public ChatResult {
    toolCalls = List.copyOf(toolCalls);
  }
}
