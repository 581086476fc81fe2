package llm.core.dialect.openai.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import llm.core.dialect.json.FastJson;

/**
 * Reads the chunk that comes most: one choice with a bit of text and fields whose values do not
 * matter. One pass over the bytes, no allocation but the text itself. Whatever is not exactly that
 * it leaves to {@link GeneralChunk}: it may know less, it must never say anything else. Not
 * thread-safe.
 */
final class FastChunk extends FastJson {
  /** What to do with a field's value. */
  private enum Value {
    PLAIN, // a string without escapes, or null; of no interest
    WHOLE, // a whole number, or null; of no interest
    NULL,
    CHOICES,
    DELTA,
    CONTENT,
    REASONING,
    FINISH
  }

  private record Field(byte[] name, Value value) {
    static Field of(String name, Value value) {
      return new Field(name.getBytes(StandardCharsets.US_ASCII), value);
    }
  }

  // the most frequent first; at most 32 each
  private static final Field[] ROOT = {
    Field.of("id", Value.PLAIN),
    Field.of("object", Value.PLAIN),
    Field.of("created", Value.WHOLE),
    Field.of("model", Value.PLAIN),
    Field.of("choices", Value.CHOICES),
    Field.of("usage", Value.NULL),
    Field.of("system_fingerprint", Value.PLAIN),
    Field.of("service_tier", Value.PLAIN),
    Field.of("provider", Value.PLAIN),
    Field.of("obfuscation", Value.PLAIN),
    Field.of("prompt_token_ids", Value.NULL),
    Field.of("error", Value.NULL)
  };
  private static final Field[] CHOICE = {
    Field.of("index", Value.WHOLE),
    Field.of("delta", Value.DELTA),
    Field.of("finish_reason", Value.FINISH),
    Field.of("logprobs", Value.NULL),
    Field.of("native_finish_reason", Value.NULL),
    Field.of("stop_reason", Value.NULL),
    Field.of("matched_stop", Value.NULL),
    Field.of("token_ids", Value.NULL)
  };
  private static final Field[] DELTA = {
    Field.of("content", Value.CONTENT),
    Field.of("role", Value.PLAIN),
    Field.of("reasoning_content", Value.REASONING),
    Field.of("reasoning", Value.REASONING),
    Field.of("tool_calls", Value.NULL),
    Field.of("function_call", Value.NULL),
    Field.of("refusal", Value.NULL)
  };

  private Chunk chunk = new Chunk();

  /** Fills {@code into}, which is clear; false: not known here, and what it holds means nothing. */
  boolean read(byte[] source, int offset, int length, Chunk into) {
    begin(source, offset, length);
    chunk = into;
    if (!object(ROOT)) {
      return false;
    }
    return ended();
  }

  private boolean object(Field[] known) {
    if (!takes('{')) {
      return false;
    }
    if (takes('}')) {
      return true;
    }
    int seen = 0;
    do {
      if (!takes('"')) {
        return false;
      }
      int from = at;
      if (!plainRest()) {
        return false;
      }
      int field = find(known, from, at - 1);
      if (field < 0 || (seen & 1 << field) != 0 || !takes(':') || !value(known[field].value())) {
        return false;
      }
      seen |= 1 << field;
    } while (takes(','));
    return takes('}');
  }

  private boolean value(Value kind) {
    blanks();
    if (isNull()) {
      return true;
    }
    return switch (kind) {
      case PLAIN -> takes('"') && plainRest();
      case WHOLE -> whole();
      case NULL -> false;
      case CHOICES -> choices();
      case DELTA -> object(DELTA);
      case CONTENT -> {
        String text = text();
        chunk.content = text;
        yield text != null;
      }
      case REASONING -> {
        String text = text();
        if (text != null) {
          chunk.reasoning(text);
        }
        yield text != null;
      }
      case FINISH -> finish();
    };
  }

  private boolean choices() {
    chunk.hasChoices = true;
    if (!takes('[')) {
      return false;
    }
    return takes(']') || object(CHOICE) && takes(']');
  }

  private boolean finish() {
    int from = at + 1;
    if (!takes('"') || !plainRest()) {
      return false;
    }
    chunk.finishReason = new String(bytes, from, at - 1 - from, StandardCharsets.ISO_8859_1);
    return true;
  }

  private int find(Field[] known, int from, int to) {
    for (int index = 0; index < known.length; index++) {
      byte[] name = known[index].name();
      if (name.length == to - from && Arrays.equals(name, 0, name.length, bytes, from, to)) {
        return index;
      }
    }
    return -1;
  }
}
