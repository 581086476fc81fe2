package llm.core.dialect.responses.upstream;

import llm.core.dialect.json.JsonCursor;
import llm.domain.chat.Usage;
import llm.domain.error.LlmException;

/**
 * Reads a usage object. Counts that are missing are 0, those that cannot be are brought into range:
 * an answer is not worth less because its server counts badly.
 */
final class ResponseUsage {
  private final JsonCursor in;
  private int input;
  private int output;
  private int cached;
  private int written;
  private int reasoning;

  private ResponseUsage(JsonCursor in) {
    this.in = in;
  }

  /** The usage of the object the cursor stands on. */
  static Usage read(JsonCursor in) throws LlmException {
    var reader = new ResponseUsage(in);
    in.object(reader::take);
    int cached = Math.min(reader.cached, reader.input);
    return new Usage(
        reader.input,
        reader.output,
        cached,
        Math.min(reader.reasoning, reader.output),
        Math.min(reader.written, reader.input - cached));
  }

  private void take(String name) throws LlmException {
    switch (name) {
      case "input_tokens" -> input = count();
      case "output_tokens" -> output = count();
      case "cached_tokens" -> cached = count();
      case "cache_write_tokens" -> written = count();
      case "reasoning_tokens" -> reasoning = count();
      case "input_tokens_details", "output_tokens_details" -> {
        if (in.isObject()) {
          in.object(this::take);
        }
      }
      default -> {
        // of no interest
      }
    }
  }

  private int count() {
    if (!in.isInteger() || in.text().length() > 18) {
      return 0;
    }
    return Math.clamp(Long.parseLong(in.text()), 0, Integer.MAX_VALUE);
  }
}
