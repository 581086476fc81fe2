package llm.core.sse;

import java.io.IOException;

/**
 * Takes a stream of bytes apart into pieces. Pull-based; a piece's bytes are valid until the next
 * call of {@link #next}. One thread; the stream is its owner's to close.
 */
public interface FrameReader {
  /**
   * Moves to the next piece; blocks until it is whole.
   *
   * @return false at the end of the stream
   * @throws IOException what the stream throws, and when a piece is larger than the limit
   */
  boolean next() throws IOException;

  /** Whether {@link #next} would not wait; never blocks. */
  boolean hasReady();

  /** The buffer that holds the present piece; not to be changed. */
  byte[] bytes();

  /** Where in {@link #bytes()} the present piece begins. */
  int offset();

  /** How many bytes the present piece has. */
  int length();
}
