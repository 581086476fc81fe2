package llm.server.matrix;

import java.util.List;
import java.util.Optional;

/** What docs/dialects.md and docs/providers.md say is refused, and what is named as lost. */
final class Design {
  static final List<String> BACKS =
      List.of("openai", "responses", "anthropic", "plain", "vllm", "deepseek", "events", "lines");

  private Design() {}

  /** Whether the dialect has words for the feature at all. */
  static boolean canAsk(String front, Feature feature) {
    return switch (front) {
      case "completions" ->
          List.of("text", "stop sequence", "length", "filter", "usage with caches")
              .contains(feature.name());
      case "responses" -> !feature.name().equals("stop sequence");
      default -> true;
    };
  }

  /** What the refusal says, where there is one: the path as the dialect has it. */
  static Optional<String> refusal(String front, Back back, Feature feature) {
    boolean messages = front.equals("messages");
    if (back.vendor instanceof ResponsesVendor && !feature.wish().stop().isEmpty()) {
      return Optional.of(messages ? "stop_sequences" : "stop");
    }
    if (!(back.vendor instanceof CustomVendor)) {
      return Optional.empty();
    }
    if (!feature.wish().tools().isEmpty()) {
      return Optional.of("tools");
    }
    if (feature.hasPicture()) {
      return Optional.of("messages[1].content");
    }
    if (feature.wish().schema().isPresent()) {
      return Optional.of(messages ? "output_config.format" : "response_format");
    }
    if (feature.wish().effort().isPresent()) {
      return Optional.of(messages ? "thinking" : "reasoning_effort");
    }
    return Optional.empty();
  }

  /** The names in {@code x-llm-lost}. */
  static List<String> lost(String front, Back back, Feature feature) {
    boolean unsigned = front.equals("chat") || front.equals("llm");
    boolean anthropic = back.vendor instanceof AnthropicVendor;
    if (anthropic && unsigned && feature.isSecondTurn()) {
      return List.of("messages[].reasoning_content");
    }
    boolean failed = front.equals("messages") && feature.hasFailed();
    return failed && !anthropic ? List.of("messages[].content[].is_error") : List.of();
  }
}
