package llm.gpu.text;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import llm.gpu.llama.Vocabulary;

/** The bytes of tokens, through one buffer. One thread. */
public final class Pieces implements AutoCloseable {
  private static final int FIRST_BYTES = 256;

  private final Vocabulary vocabulary;
  private Arena arena = Arena.ofConfined();
  private MemorySegment segment;
  private ByteBuffer view;

  public Pieces(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    allocate(FIRST_BYTES);
  }

  /** The bytes of {@code token}; valid until the next call. */
  public ByteBuffer bytes(int token) {
    int count = vocabulary.piece(token, segment);
    if (count < 0) {
      arena.close();
      arena = Arena.ofConfined();
      allocate(-count);
      count = vocabulary.piece(token, segment);
    }
    return view.clear().limit(count);
  }

  /** A copy of the bytes of {@code token}. */
  public byte[] copy(int token) {
    ByteBuffer bytes = bytes(token);
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return copy;
  }

  @Override
  public void close() {
    arena.close();
  }

  private void allocate(int bytes) {
    segment = arena.allocate(bytes);
    view = segment.asByteBuffer();
  }
}
