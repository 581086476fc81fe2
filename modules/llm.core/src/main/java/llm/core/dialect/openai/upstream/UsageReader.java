package llm.core.dialect.openai.upstream;

import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * Reads a usage object. Counts that are missing are 0, those that cannot be are brought into range:
 * an answer is not worth less because its server counts badly.
 */
final class UsageReader {
  private final JsonCursor in;
  private long prompt;
  private long completion;
  private long total;
  private long cached;
  private long reasoning;

  private UsageReader(JsonCursor in) {
    this.in = in;
  }

  /** The usage of the object the cursor stands on; empty when it has none of the counts. */
  static Optional<Usage> read(JsonCursor in) throws LlmException {
    var reader = new UsageReader(in);
    in.object(reader::take);
    return reader.usage();
  }

  private void take(String name) throws LlmException {
    switch (name) {
      case "prompt_tokens" -> prompt = count();
      case "completion_tokens" -> completion = count();
      case "total_tokens" -> total = count();
      case "prompt_cache_hit_tokens" -> cached = count();
      case "prompt_tokens_details", "completion_tokens_details" -> {
        if (in.isObject()) {
          in.object(this::detail);
        }
      }
      default -> {
        // of no interest
      }
    }
  }

  private void detail(String name) {
    switch (name) {
      case "cached_tokens" -> cached = count();
      case "reasoning_tokens" -> reasoning = count();
      default -> {
        // of no interest
      }
    }
  }

  private long count() {
    if (!in.isInteger() || in.text().length() > 18) {
      return 0;
    }
    return Math.clamp(Long.parseLong(in.text()), 0, Integer.MAX_VALUE);
  }

  private Optional<Usage> usage() {
    if (prompt + completion + total == 0) {
      return Optional.empty();
    }
    long answer = completion == 0 ? Math.max(0, total - prompt) : completion;
    return Optional.of(
        new Usage(
            (int) prompt,
            (int) answer,
            (int) Math.min(cached, prompt),
            (int) Math.min(reasoning, answer)));
  }
}
