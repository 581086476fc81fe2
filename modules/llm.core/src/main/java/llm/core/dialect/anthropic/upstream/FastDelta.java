package llm.core.dialect.anthropic.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import llm.core.dialect.json.FastJson;

/**
 * Reads the event that comes most: a bit of text, its fields in the order in which the API writes
 * them. Whatever is not exactly that it leaves to {@link GeneralEvent}. Not thread-safe.
 */
final class FastDelta extends FastJson {
  private static final byte[] TYPE = bytes("type");
  private static final byte[] DELTA_EVENT = bytes("content_block_delta");
  private static final byte[] INDEX = bytes("index");
  private static final byte[] DELTA = bytes("delta");
  private static final byte[] TEXT_DELTA = bytes("text_delta");
  private static final byte[] TEXT = bytes("text");

  /** The text of the event; null: it is none that is known here. */
  String read(byte[] source, int offset, int length) {
    begin(source, offset, length);
    boolean known =
        takes('{')
            && name(TYPE)
            && is(DELTA_EVENT)
            && takes(',')
            && name(INDEX)
            && number()
            && takes(',')
            && name(DELTA)
            && takes('{')
            && name(TYPE)
            && is(TEXT_DELTA)
            && takes(',')
            && name(TEXT);
    if (!known) {
      return null;
    }
    String text = text();
    return text != null && takes('}') && takes('}') && ended() ? text : null;
  }

  private boolean name(byte[] expected) {
    return is(expected) && takes(':');
  }

  private boolean is(byte[] expected) {
    if (!takes('"')) {
      return false;
    }
    int to = at + expected.length;
    if (to > end || !Arrays.equals(expected, 0, expected.length, bytes, at, to)) {
      return false;
    }
    at = to;
    return at < end && bytes[at++] == '"';
  }

  private boolean number() {
    blanks();
    return whole();
  }

  private static byte[] bytes(String ascii) {
    return ascii.getBytes(StandardCharsets.US_ASCII);
  }
}
