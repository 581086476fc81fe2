package llm.core.dialect.json;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import llm.domain.chat.JsonText;
import llm.domain.text.JsonChars;

/**
 * Writes JSON as UTF-8 into a growing buffer that is used again after {@link #clear()}: once the
 * buffer has its size, a token costs the copy of its bytes and nothing else. Commas are set by
 * itself; nesting is the caller's. Not thread-safe.
 *
 * <p>A lone surrogate, which UTF-8 cannot say, becomes U+FFFD.
 */
public final class JsonOut {
  private byte[] bytes;
  private int size;
  private boolean comma;

  /** An empty buffer of {@code capacity} bytes to begin with. */
  public JsonOut(int capacity) {
    this.bytes = new byte[Math.max(16, capacity)];
  }

  /** Empties the buffer. */
  public JsonOut clear() {
    size = 0;
    comma = false;
    return this;
  }

  /** Copies finished bytes; what follows begins without a comma. */
  public JsonOut raw(byte[] piece) {
    reserve(piece.length);
    System.arraycopy(piece, 0, bytes, size, piece.length);
    size += piece.length;
    comma = false;
    return this;
  }

  /** Begins an object. */
  public JsonOut object() {
    return open('{');
  }

  /** Ends an object. */
  public JsonOut endObject() {
    return close('}');
  }

  /** Begins an array. */
  public JsonOut array() {
    return open('[');
  }

  /** Ends an array. */
  public JsonOut endArray() {
    return close(']');
  }

  /** The name of the field whose value comes next. */
  public JsonOut name(String name) {
    value(name);
    ascii(':');
    comma = false;
    return this;
  }

  /** A string. */
  public JsonOut value(String text) {
    separate();
    ascii('"');
    escaped(text);
    ascii('"');
    comma = true;
    return this;
  }

  /** A whole number. */
  public JsonOut value(long number) {
    return literal(Long.toString(number));
  }

  /** A decimal number, finite; without a fraction it is written as a whole one. */
  public JsonOut value(double number) {
    boolean whole = number == Math.rint(number) && Math.abs(number) < 1e15;
    return literal(whole ? Long.toString((long) number) : Double.toString(number));
  }

  /** A decimal number of 32 bits, finite, in the fewest digits that tell it from its neighbours. */
  public JsonOut value(float number) {
    return literal(Float.toString(number));
  }

  /** {@code true} or {@code false}. */
  public JsonOut value(boolean flag) {
    return literal(flag ? "true" : "false");
  }

  /** {@code null}. */
  public JsonOut nothing() {
    return literal("null");
  }

  /** JSON that is already text, byte for byte. */
  public JsonOut json(JsonText text) {
    separate();
    raw(text.value().getBytes(StandardCharsets.UTF_8));
    comma = true;
    return this;
  }

  /** A field with a string. */
  public JsonOut field(String name, String text) {
    return name(name).value(text);
  }

  /** A field with a whole number. */
  public JsonOut field(String name, long number) {
    return name(name).value(number);
  }

  /** A field with a string, or null when it is empty. */
  public JsonOut fieldOrNull(String name, Optional<String> text) {
    name(name);
    return text.isPresent() ? value(text.get()) : nothing();
  }

  /** The inside of a string: {@code text} escaped, without quotes. */
  public JsonOut escaped(String text) {
    int length = text.length();
    for (int index = 0; index < length; index++) {
      reserve(JsonChars.MOST_BYTES);
      char c = text.charAt(index);
      if (c < 0x80) {
        if (JsonChars.isPlain(c)) {
          bytes[size++] = (byte) c;
        } else {
          size = JsonChars.putEscape(bytes, size, c);
        }
      } else if (Character.isHighSurrogate(c)
          && index + 1 < length
          && Character.isLowSurrogate(text.charAt(index + 1))) {
        size = JsonChars.put(bytes, size, Character.toCodePoint(c, text.charAt(++index)));
      } else {
        size = JsonChars.put(bytes, size, c);
      }
    }
    return this;
  }

  /** Bytes written. */
  public int size() {
    return size;
  }

  /** What was written. */
  public byte[] toBytes() {
    return Arrays.copyOf(bytes, size);
  }

  /** Writes the buffer to {@code sink} in one call. */
  public void writeTo(OutputStream sink) throws IOException {
    sink.write(bytes, 0, size);
  }

  private JsonOut open(char bracket) {
    separate();
    ascii(bracket);
    comma = false;
    return this;
  }

  private JsonOut close(char bracket) {
    ascii(bracket);
    comma = true;
    return this;
  }

  private JsonOut literal(String text) {
    separate();
    raw(text.getBytes(StandardCharsets.US_ASCII));
    comma = true;
    return this;
  }

  private void separate() {
    if (comma) {
      ascii(',');
    }
  }

  private void ascii(char c) {
    reserve(1);
    bytes[size++] = (byte) c;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }
}
