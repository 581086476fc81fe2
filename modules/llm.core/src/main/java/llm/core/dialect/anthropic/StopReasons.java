package llm.core.dialect.anthropic;

import java.util.Optional;
import llm.domain.chat.FinishReason;

/** Why an answer ended, in the dialect's words. */
final class StopReasons {
  private StopReasons() {}

  /**
   * The {@code stop_reason}. Clients run tools upon {@code tool_use} alone, so an answer that calls
   * some has it even where the provider said that it was done.
   */
  static String of(
      FinishReason reason, Optional<String> stopSequence, boolean calls, boolean refuses) {
    if (refuses) {
      return "refusal";
    }
    return switch (reason) {
      case LENGTH -> "max_tokens";
      case CONTENT_FILTER -> "refusal";
      case TOOL_CALLS -> "tool_use";
      case STOP, ERROR, UNKNOWN -> {
        if (calls) {
          yield "tool_use";
        }
        yield stopSequence.isPresent() ? "stop_sequence" : "end_turn";
      }
    };
  }
}
