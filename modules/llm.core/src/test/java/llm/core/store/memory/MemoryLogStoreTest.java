package llm.core.store.memory;

import static llm.core.store.Points.ID;
import static llm.core.store.Points.at;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import llm.core.store.LogStoreContract;
import llm.core.telemetry.MetricsRegistry;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogKey;
import llm.domain.store.StoreException.Reason;
import org.junit.jupiter.api.Test;

class MemoryLogStoreTest extends LogStoreContract {
  private static final int MEMORY = 16 << 20;
  private final MetricsRegistry metrics = new MetricsRegistry();

  @Override
  protected LogStore open() {
    return new MemoryLogStore(MEMORY, APPEND_BYTES, clock, metrics);
  }

  @Test
  void nothingOfItSurvives() {
    assertThat(store.durability()).isEqualTo(Durability.NONE);
  }

  @Test
  void itTakesNoMoreMemoryThanItMayAndGivesItBack() throws Exception {
    String large = "x".repeat(1 << 20);
    var big = new LogKey("test", "big");
    for (int i = 0; i < 15; i++) {
      append(big, i, large);
    }
    refused(Reason.FULL, () -> append(big, 15, large));
    assertThat(store.find(big).orElseThrow().end().position()).isEqualTo(15);
    assertThat(bytes()).isBetween(15.0 * (1 << 20), (double) MEMORY);

    store.compact(big, at(9), "short");
    assertThat(bytes()).isBetween(5.0 * (1 << 20), 5.1 * (1 << 20));
    append(big, 15, large);
    assertThat(store.delete(big, ID)).isTrue();
    assertThat(bytes()).isZero();

    store.append(big, at(0), List.of("x"), Optional.of("head"));
    store.append(big, at(1), List.of("y"), Optional.of("a longer head"));
    store.compact(big, at(0), "s");
    store.delete(big, ID);
    assertThat(bytes()).isZero();
  }

  @Test
  void manySmallLogsAreBoundedToo() throws Exception {
    int made = 0;
    while (made < MEMORY && room(made)) {
      made++;
    }
    assertThat(made).isBetween(MEMORY / 1_000, MEMORY / 500);
  }

  private boolean room(int number) {
    try {
      append(new LogKey("test", "n" + number), 0, "x");
      return true;
    } catch (llm.domain.store.StoreException full) {
      return false;
    }
  }

  private double bytes() {
    return metrics.sum("llm_store_bytes").orElseThrow();
  }
}
