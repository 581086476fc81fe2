package llm.core.dialect.openai.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import llm.core.dialect.json.Utf8;

/**
 * Reads the chunk that comes most: one choice with a bit of text and fields whose values do not
 * matter. One pass over the bytes, no allocation but the text itself. Whatever is not exactly that
 * it leaves to {@link GeneralChunk}: it may know less, it must never say anything else. Not
 * thread-safe.
 */
final class FastChunk {
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
    Field.of("native_finish_reason", Value.PLAIN),
    Field.of("stop_reason", Value.PLAIN),
    Field.of("matched_stop", Value.PLAIN),
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

  private byte[] bytes = {};
  private int at;
  private int end;
  private Chunk chunk = new Chunk();
  private char[] unescaped = new char[256];

  /** Fills {@code into}, which is clear; false: not known here, and what it holds means nothing. */
  boolean read(byte[] source, int offset, int length, Chunk into) {
    bytes = source;
    at = offset;
    end = offset + length;
    chunk = into;
    if (!object(ROOT)) {
      return false;
    }
    blanks();
    return at == end;
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

  /** The string that begins here; null: not known. */
  private String text() {
    if (!takes('"')) {
      return null;
    }
    int from = at;
    boolean ascii = true;
    for (; at < end; at++) {
      byte b = bytes[at];
      if (b == '"') {
        int length = at++ - from;
        if (ascii) {
          return new String(bytes, from, length, StandardCharsets.ISO_8859_1);
        }
        boolean whole = Utf8.firstIllFormed(bytes, from, from + length) < 0;
        return whole ? new String(bytes, from, length, StandardCharsets.UTF_8) : null;
      }
      if (b == '\\') {
        return ascii ? escaped(from) : null;
      }
      if (b >= 0 && b < 0x20) {
        return null;
      }
      ascii &= b >= 0;
    }
    return null;
  }

  /** A string of ASCII with escapes, the first of which is here. */
  private String escaped(int from) {
    int size = 0;
    for (at = from; at < end; at++) {
      if (size == unescaped.length) {
        unescaped = Arrays.copyOf(unescaped, size * 2);
      }
      byte b = bytes[at];
      if (b == '"') {
        at++;
        return new String(unescaped, 0, size);
      }
      int c = b == '\\' ? escape() : b;
      if (c < 0 || b < 0x20) {
        return null;
      }
      unescaped[size++] = (char) c;
    }
    return null;
  }

  /** The character of the escape here; leaves off at its last byte; -1: there is no such escape. */
  private int escape() {
    if (++at >= end) {
      return -1;
    }
    return switch (bytes[at]) {
      case '"' -> '"';
      case '\\' -> '\\';
      case '/' -> '/';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> hex();
      default -> -1;
    };
  }

  private int hex() {
    if (end - at < 5) {
      return -1;
    }
    int value = 0;
    for (int digit = 0; digit < 4; digit++) {
      byte b = bytes[++at];
      int nibble = b < 0 ? -1 : Character.digit(b, 16);
      if (nibble < 0) {
        return -1;
      }
      value = value << 4 | nibble;
    }
    return value;
  }

  /** The rest of a string behind its quote; false when it is not plain ASCII. */
  private boolean plainRest() {
    while (at < end) {
      byte b = bytes[at++];
      if (b == '"') {
        return true;
      }
      if (b < 0x20 || b == '\\') {
        return false;
      }
    }
    return false;
  }

  /** A whole number as JSON has it; what follows it is for the caller to judge. */
  private boolean whole() {
    int from = at;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      at++;
    }
    int digits = at - from;
    return digits > 0 && digits <= 18 && (digits == 1 || bytes[from] != '0');
  }

  private boolean isNull() {
    boolean found =
        end - at >= 4
            && bytes[at] == 'n'
            && bytes[at + 1] == 'u'
            && bytes[at + 2] == 'l'
            && bytes[at + 3] == 'l';
    at += found ? 4 : 0;
    return found;
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

  private boolean takes(char c) {
    blanks();
    if (at < end && bytes[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  private void blanks() {
    while (at < end && bytes[at] <= ' ' && isBlank(bytes[at])) {
      at++;
    }
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }
}
