package llm.core.schema;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads one JSON value (RFC 8259) while it comes, in pieces cut anywhere: inside an escape, a
 * surrogate pair, a UTF-8 sequence, a number. After each piece {@link #root()} is the value so far,
 * checked against a schema.
 *
 * <ul>
 *   <li>A string is there from its opening quote and grows by whole characters; half a surrogate
 *       pair that stays alone becomes U+FFFD.
 *   <li>A number is there when something that cannot belong to it has come, or the end of the text.
 *       {@code true}, {@code false} and {@code null} are there with their last letter.
 *   <li>Objects and arrays are there from their bracket, a member when its value is.
 *   <li>The value depends on the text alone, not on how it was cut, and only ever grows.
 * </ul>
 *
 * <p>A piece costs what it is long, whatever came before. Strict: a name comes once in an object;
 * nothing but white space stands around the value, unless {@link Framing#SURROUNDED} says so. The
 * first character that cannot stand where it does, and a value that does not fit the schema, end
 * the reading with {@link #problem()}; what was read stays.
 *
 * <p>Not thread-safe, does not block. Text is fed in characters or in bytes, not in both.
 */
public final class PartialJson {
  /** What may stand around a JSON value. */
  public enum Framing {
    /** Blanks, tabs and line ends only (RFC 8259 section 2). */
    EXACT,
    /**
     * What models write around an object: a sentence, a fence of a code block. The value must be an
     * object and begins at the first opening brace, which must be among the first {@value
     * #MOST_LEADING} characters; what follows its end is not looked at.
     */
    SURROUNDED
  }

  /**
   * How much text may stand before an object in {@link Framing#SURROUNDED}, in characters, or in
   * bytes where bytes are fed.
   */
  public static final int MOST_LEADING = 4_096;

  private static final int BLOCK = 1_024; // characters decoded at once
  private static final int LONGEST = 4; // bytes of a UTF-8 sequence

  private final JsonMachine machine;
  private final long limit;
  private long characters; // taken so far
  private long offset; // where the next one stands, in characters or in bytes

  // of the bytes; null until some are fed
  private CharsetDecoder decoder;
  private CharBuffer decoded;
  private final byte[] cut = new byte[LONGEST]; // the beginning of a sequence that is not whole
  private int cutBytes;

  /** A reader of a value that fits {@code schema}. */
  public PartialJson(Schema schema, Framing framing, JsonLimits limits) {
    this.machine = new JsonMachine(schema, framing, limits);
    this.limit = limits.characters();
  }

  /** A reader of any value, with nothing around it. */
  public PartialJson() {
    this(Schema.ANYTHING, Framing.EXACT, JsonLimits.ANSWER);
  }

  /**
   * Takes more text.
   *
   * @return whether the value has changed
   */
  public boolean feed(CharSequence text) {
    long before = machine.changes();
    take(text);
    return machine.changes() != before;
  }

  /**
   * Takes more text in UTF-8, from {@code from} up to {@code to}.
   *
   * @return whether the value has changed
   */
  public boolean feed(byte[] bytes, int from, int to) {
    if (decoder == null) {
      decoder =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT);
      decoded = CharBuffer.allocate(BLOCK);
    }
    long before = machine.changes();
    int at = from;
    while (cutBytes > 0 && at < to && !machine.ignoresRest()) {
      cut[cutBytes++] = bytes[at++];
      decode(ByteBuffer.wrap(cut, 0, cutBytes));
    }
    if (at < to && !machine.ignoresRest()) {
      decode(ByteBuffer.wrap(bytes, at, to - at));
    }
    return machine.changes() != before;
  }

  /**
   * The text has ended.
   *
   * @return whether the value is complete and there was no problem
   */
  public boolean end() {
    if (machine.problem() == null && cutBytes > 0 && !machine.ignoresRest()) {
      machine.fail(offset, "a whole character in UTF-8", "the end of the text");
    }
    if (machine.problem() == null) {
      machine.end(offset);
    }
    return machine.problem() == null;
  }

  /** The value so far; empty before its first character. Alive: see {@link JsonNode}. */
  public Optional<JsonNode> root() {
    return Optional.ofNullable(machine.root());
  }

  /** Whether the value has come to its end. */
  public boolean isComplete() {
    return machine.root() != null && machine.root().isComplete();
  }

  /** Why nothing more is read; empty while all is well. */
  public Optional<JsonProblem> problem() {
    return Optional.ofNullable(machine.problem());
  }

  /** How often the value has changed; grows with every change. */
  public long changes() {
    return machine.changes();
  }

  /** How much of the text was read, in characters. */
  long characters() {
    return characters;
  }

  private void take(CharSequence text) {
    int end = (int) Math.min(text.length(), limit - characters);
    int at = 0;
    while (at < end && !machine.ignoresRest()) {
      int next = machine.takePlain(text, at, end);
      if (next == at) {
        machine.take(text.charAt(at), offset);
        next++;
      }
      offset += decoder == null ? next - at : utf8Bytes(text, at, next);
      at = next;
    }
    characters += at;
    if (end < text.length() && !machine.ignoresRest()) {
      machine.fail(offset, "at most " + limit + " characters", "more");
    }
  }

  /** Decodes what is whole of {@code input} and keeps the rest for the next piece. */
  private void decode(ByteBuffer input) {
    CoderResult result;
    do {
      decoded.clear();
      result = decoder.decode(input, decoded, false);
      decoded.flip();
      take(decoded);
    } while (result.isOverflow() && !machine.ignoresRest());
    if (machine.ignoresRest()) {
      return;
    }
    if (result.isError()) {
      String found = "0x%02X".formatted(input.get(input.position()) & 0xFF);
      machine.fail(offset, "a character in UTF-8", "the byte " + found);
      return;
    }
    int rest = input.remaining();
    input.get(cut, 0, rest);
    cutBytes = rest;
  }

  /** Of characters in UTF-8; each half of a pair has two of the four. */
  private static int utf8Bytes(CharSequence text, int from, int to) {
    int bytes = 0;
    for (int at = from; at < to; at++) {
      char c = text.charAt(at);
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }
}
