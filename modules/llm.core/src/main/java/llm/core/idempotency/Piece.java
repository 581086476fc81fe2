package llm.core.idempotency;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;

/** What is told of an answer while it is made, in this order: a head, bytes, an end. */
public sealed interface Piece {
  /**
   * Its beginning.
   *
   * @param status of HTTP
   * @param headers those of the answer, not of the connection; names in lower case
   * @param streamed whether it is a stream of events, told as it comes
   */
  record Head(int status, Map<String, String> headers, boolean streamed) implements Piece {
    /** Copies the headers; their order stays. */
    public Head {
      headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
    }
  }

  /** A part of its body. Whoever has it must not change the bytes. */
  final class Bytes implements Piece {
    private final byte[] bytes;

    Bytes(byte[] bytes) {
      this.bytes = bytes;
    }

    /** The bytes themselves. */
    public byte[] bytes() {
      return bytes;
    }
  }

  /**
   * Its end.
   *
   * @param how {@code done}, or the word for the failure that its last bytes tell
   * @param whole whether its bytes are all there; else it broke off within them
   * @param kept whether it is given again
   */
  record End(String how, boolean whole, boolean kept) implements Piece {}

  /** There was no answer: who asked is refused, and so is everybody who waits with it. */
  record Refused(LlmError error) implements Piece {}

  /** The reader's own end: its call was cancelled. */
  record Left(CancelReason reason) implements Piece {}

  /** The reader's own end: it read so slowly that others had to wait. */
  record TooSlow() implements Piece {}
}
