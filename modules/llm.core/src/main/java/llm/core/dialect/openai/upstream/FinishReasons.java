package llm.core.dialect.openai.upstream;

import java.util.Locale;
import llm.domain.chat.FinishReason;

/** What servers of the field say when they end, in our words. */
public final class FinishReasons {
  private FinishReasons() {}

  /** The reason of a wire name, which is not empty. */
  public static FinishReason of(String wireName) {
    return switch (wireName.toLowerCase(Locale.ROOT)) {
      case "stop", "eos", "eos_token", "end_turn", "stop_sequence", "end" -> FinishReason.STOP;
      case "length", "max_tokens", "max_length", "model_length" -> FinishReason.LENGTH;
      case "tool_calls", "tool_call", "tool_use", "function_call" -> FinishReason.TOOL_CALLS;
      case "content_filter", "safety" -> FinishReason.CONTENT_FILTER;
      case "error", "abort", "aborted", "cancelled", "insufficient_system_resource" ->
          FinishReason.ERROR;
      default -> FinishReason.UNKNOWN;
    };
  }
}
