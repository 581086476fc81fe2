package llm.core.dialect.anthropic.upstream;

import llm.domain.chat.FinishReason;

/** Why an answer ended (https://docs.anthropic.com/en/api/handling-stop-reasons), in our words. */
final class StopReasons {
  private StopReasons() {}

  /** The reason of a wire name, which is not empty. */
  static FinishReason of(String wireName) {
    return switch (wireName) {
      case "end_turn", "stop_sequence" -> FinishReason.STOP;
      // A turn that pauses for long tools of the API's own is to be gone on with, as one that is
      // cut.
      case "max_tokens", "model_context_window_exceeded", "pause_turn" -> FinishReason.LENGTH;
      case "tool_use" -> FinishReason.TOOL_CALLS;
      case "refusal" -> FinishReason.CONTENT_FILTER;
      default -> FinishReason.UNKNOWN;
    };
  }

  /** Whether the reason is told by ours alone, so that it comes back as it was. */
  static boolean isOurs(String wireName) {
    return switch (wireName) {
      case "", "end_turn", "stop_sequence", "max_tokens", "tool_use", "refusal" -> true;
      default -> !wireName.matches("[a-z_]{1,64}");
    };
  }
}
