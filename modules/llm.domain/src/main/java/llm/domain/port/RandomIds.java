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
  private static final int ID_BYTES = 16;

  private final Stock[] stocks = new Stock[STOCKS];

  RandomIds() {
    var random = new SecureRandom();
    for (int index = 0; index < STOCKS; index++) {
      stocks[index] = new Stock(random);
    }
  }

  @Override
  public UUID next() {
    return stocks[(int) Thread.currentThread().threadId() & (STOCKS - 1)].next();
  }

  private static final class Stock {
    private final SecureRandom random;
    private final ByteBuffer bytes = // guarded by this
        ByteBuffer.allocate(IDS_PER_FILL * ID_BYTES).limit(0);

    private Stock(SecureRandom random) {
      this.random = random;
    }

    private synchronized UUID next() {
      if (!bytes.hasRemaining()) {
        random.nextBytes(bytes.array());
        bytes.clear();
      }
      long high = bytes.getLong() & ~0xF000L | 0x4000L; // version 4
      long low = bytes.getLong() & ~(3L << 62) | (1L << 63); // variant 10
      return new UUID(high, low);
    }
  }
}
