package llm.domain.port;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class RandomIdsTest {
  private static final int MORE_THAN_A_STOCK = 300;

  @Test
  void idsAreRandomUuidsOfVersionFour() {
    for (int i = 0; i < MORE_THAN_A_STOCK; i++) {
      UUID id = IdSource.RANDOM.next();
      assertThat(id.version()).isEqualTo(4);
      assertThat(id.variant()).isEqualTo(2);
    }
  }

  @Test
  void everyRandomBitIsSometimesSetAndSometimesNot() {
    long highAny = 0;
    long highAll = -1;
    long lowAny = 0;
    long lowAll = -1;
    for (int i = 0; i < MORE_THAN_A_STOCK; i++) {
      UUID id = IdSource.RANDOM.next();
      highAny |= id.getMostSignificantBits();
      highAll &= id.getMostSignificantBits();
      lowAny |= id.getLeastSignificantBits();
      lowAll &= id.getLeastSignificantBits();
    }
    assertThat(highAny).isEqualTo(0xFFFFFFFF_FFFF4FFFL);
    assertThat(highAll).isEqualTo(0x4000L);
    assertThat(lowAny).isEqualTo(0xBFFFFFFF_FFFFFFFFL);
    assertThat(lowAll).isEqualTo(1L << 63);
  }

  @Test
  void threadsThatShareAStockNeverGetTheSameId() throws InterruptedException {
    var seen = ConcurrentHashMap.<UUID>newKeySet();
    var threads = new HashSet<Thread>();
    for (int t = 0; t < 32; t++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (int i = 0; i < MORE_THAN_A_STOCK; i++) {
                  seen.add(IdSource.RANDOM.next());
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(seen).hasSize(32 * MORE_THAN_A_STOCK);
  }
}
