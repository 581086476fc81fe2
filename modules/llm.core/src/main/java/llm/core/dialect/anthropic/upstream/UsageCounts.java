package llm.core.dialect.anthropic.upstream;

import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * Puts the counts together that come with the beginning and with the end of an answer; the later
 * one counts, as they are sums. Counts that cannot be are brought into range: an answer is not
 * worth less because its server counts badly.
 */
final class UsageCounts {
  private long input;
  private long output;
  private long cacheRead;
  private long cacheWritten;
  private long thinking;

  /** Takes the usage object that the cursor stands on. */
  void read(JsonCursor in) throws LlmException {
    in.object(name -> {
      switch (name) {
        case "input_tokens" -> input = count(in, input);
        case "output_tokens" -> output = count(in, output);
        case "cache_read_input_tokens" -> cacheRead = count(in, cacheRead);
        case "cache_creation_input_tokens" -> cacheWritten = count(in, cacheWritten);
        case "output_tokens_details" -> {
          if (in.isObject()) {
            in.object(detail -> {
              if (detail.equals("thinking_tokens")) {
                thinking = count(in, thinking);
              }
            });
          }
        }
        default -> {
          // of no interest
        }
      }
    });
  }

  /** What was counted so far; the prompt is all of it, whatever of it came from a cache. */
  Usage usage() {
    int prompt = (int) Math.min(Integer.MAX_VALUE, input + cacheRead + cacheWritten);
    int cached = (int) Math.min(prompt, cacheRead);
    return new Usage(
        prompt,
        (int) output,
        cached,
        (int) Math.min(output, thinking),
        (int) Math.min(prompt - cached, cacheWritten));
  }

  private static long count(JsonCursor in, long otherwise) {
    if (!in.isInteger() || in.text().length() > 18) {
      return otherwise;
    }
    return Math.clamp(Long.parseLong(in.text()), 0, Integer.MAX_VALUE);
  }
}
