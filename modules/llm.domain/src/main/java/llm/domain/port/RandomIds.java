package llm.domain.port;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.UUID;

/**
 * Version-4 UUIDs of a cryptographically strong generator (RFC 9562, section 5.4), so that an id
 * cannot be guessed from others. Random bytes are drawn {@value #IDS_PER_FILL} ids at a time and
 * kept in a few stocks that threads share: an id costs a short lock and no call of the generator.
 * Thread-safe.
 */
final class RandomIds implements IdSource {
  private static final int STOCKS = 8; // a power of two
  private static final int IDS_PER_FILL = 128;
  private static final int IDS_AT_FIRST = 4; // a full stock takes milliseconds of a cold start
  private static final int ID_BYTES = 16;

  private final Stock[] stocks = new Stock[STOCKS];

  RandomIds() {
    for (int index = 0; index < STOCKS; index++) {
      stocks[index] = new Stock();
    }
  }

  /** Made with the first id: to set it up takes milliseconds. */
  private static final class Generator {
    private static final SecureRandom RANDOM = new SecureRandom();
  }

  @Override
  public UUID next() {
    return stocks[(int) Thread.currentThread().threadId() & (STOCKS - 1)].next();
  }

  private static final class Stock {
    private ByteBuffer bytes = ByteBuffer.allocate(0); // guarded by this

    private synchronized UUID next() {
      if (!bytes.hasRemaining()) {
        fill();
      }
      long high = bytes.getLong() & ~0xF000L | 0x4000L; // version 4
      long low = bytes.getLong() & ~(3L << 62) | (1L << 63); // variant 10
      return new UUID(high, low);
    }

    /** Twice as many as the last time, up to the full stock. */
    private void fill() {
      int ids = Math.clamp(2L * bytes.capacity() / ID_BYTES, IDS_AT_FIRST, IDS_PER_FILL);
      if (bytes.capacity() < ids * ID_BYTES) {
        bytes = ByteBuffer.allocate(ids * ID_BYTES);
      }
      Generator.RANDOM.nextBytes(bytes.array());
      bytes.clear();
    }
  }
}
