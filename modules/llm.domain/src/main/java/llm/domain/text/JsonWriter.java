package llm.domain.text;

import llm.domain.chat.JsonText;

/**
 * Writes one JSON value (RFC 8259) without blanks, names in the order they are given.
 *
 * <p>Commas and escapes are its work, the nesting is the caller's: each {@code begin} has its
 * {@code end}, and in an object each value its {@link #name}. One thread, one value each.
 */
public final class JsonWriter {
  private final StringBuilder out = new StringBuilder(256);

  /** Opens an object. */
  public JsonWriter beginObject() {
    return open('{');
  }

  /** Closes the object opened last. */
  public JsonWriter endObject() {
    out.append('}');
    return this;
  }

  /** Opens an array. */
  public JsonWriter beginArray() {
    return open('[');
  }

  /** Closes the array opened last. */
  public JsonWriter endArray() {
    out.append(']');
    return this;
  }

  /** The name of the value that follows. */
  public JsonWriter name(String name) {
    separate();
    quote(name);
    out.append(':');
    return this;
  }

  /** A string. */
  public JsonWriter value(String value) {
    separate();
    quote(value);
    return this;
  }

  /** A whole number. */
  public JsonWriter value(long value) {
    separate();
    out.append(value);
    return this;
  }

  /**
   * A decimal number.
   *
   * @throws IllegalArgumentException for NaN and infinities, which JSON cannot say
   */
  public JsonWriter value(double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("JSON has no number " + value);
    }
    separate();
    out.append(value);
    return this;
  }

  /** True or false. */
  public JsonWriter value(boolean value) {
    separate();
    out.append(value);
    return this;
  }

  /** JSON that is written already; it stands as it is. */
  public JsonWriter value(JsonText value) {
    separate();
    out.append(value.value());
    return this;
  }

  /** The null. */
  public JsonWriter nullValue() {
    separate();
    out.append("null");
    return this;
  }

  /** What was written. */
  public JsonText toJson() {
    return new JsonText(out.toString());
  }

  private JsonWriter open(char bracket) {
    separate();
    out.append(bracket);
    return this;
  }

  /** A comma, unless a value was just announced or nothing stands before this one. */
  private void separate() {
    if (out.isEmpty()) {
      return;
    }
    char last = out.charAt(out.length() - 1);
    if (last != '{' && last != '[' && last != ':') {
      out.append(',');
    }
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        out.append(c).append(text.charAt(++i));
      } else {
        escape(c);
      }
    }
    out.append('"');
  }

  /**
   * A lone half of a surrogate pair is escaped too: as bytes it would turn into a question mark.
   */
  private void escape(char c) {
    boolean plain = c < 0x80 ? JsonChars.isPlain(c) : !Character.isSurrogate(c);
    if (plain) {
      out.append(c);
    } else {
      JsonChars.appendEscape(out, c);
    }
  }
}
