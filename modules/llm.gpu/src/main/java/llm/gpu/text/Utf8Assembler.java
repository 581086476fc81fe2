package llm.gpu.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Makes text of the bytes of tokens, which may cut a character anywhere. Bytes of an unfinished
 * character wait for the rest; what is no UTF-8 becomes U+FFFD. Every piece of text holds whole
 * characters: a surrogate pair is never split. One generation; one thread.
 */
public final class Utf8Assembler {
  private static final int MAX_UNFINISHED = 3;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private ByteBuffer bytes = ByteBuffer.allocate(256);
  private CharBuffer chars = CharBuffer.allocate(256);

  /** Takes all of {@code more} and returns the text that is complete; often empty. */
  public String push(ByteBuffer more) {
    reserve(more.remaining());
    bytes.put(more).flip();
    decoder.decode(bytes, chars, false);
    bytes.compact();
    return take();
  }

  /** An end: what is unfinished becomes U+FFFD. What is pushed afterwards begins anew. */
  public String finish() {
    bytes.flip();
    decoder.decode(bytes, chars, true);
    decoder.flush(chars);
    decoder.reset();
    bytes.clear();
    return take();
  }

  /** Room for all, so that the decoder never stops for lack of it. */
  private void reserve(int count) {
    if (bytes.remaining() < count) {
      ByteBuffer larger = ByteBuffer.allocate(bytes.position() + count + MAX_UNFINISHED);
      bytes = larger.put(bytes.flip());
    }
    if (chars.capacity() < bytes.position() + count + MAX_UNFINISHED) {
      chars = CharBuffer.allocate(bytes.position() + count + MAX_UNFINISHED);
    }
  }

  private String take() {
    String text = chars.flip().toString();
    chars.clear();
    return text;
  }
}
