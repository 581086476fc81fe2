package llm.core.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import llm.core.store.ValueStoreContract;
import llm.core.telemetry.MetricsRegistry;
import llm.core.testkit.ManualClock;
import llm.domain.port.ValueStore;
import org.junit.jupiter.api.Test;

class MemoryValueStoreTest extends ValueStoreContract {
  private final ManualClock clock = new ManualClock();
  private final MetricsRegistry metrics = new MetricsRegistry();

  @Override
  protected ValueStore open() {
    return new MemoryValueStore(10_000, clock, metrics);
  }

  @Override
  protected void pass(Duration time) {
    clock.advance(time);
  }

  @Test
  void whenItIsFullThatGoesWhichNobodyAskedForTheLongest() throws Exception {
    Duration life = Duration.ofHours(1);
    for (int i = 0; i < 9; i++) {
      values.put("k" + i, "x".repeat(900), life);
    }
    assertThat(values.get("k0")).isPresent();
    values.put("more", "x".repeat(900), life);
    assertThat(values.get("k0")).isPresent();
    assertThat(values.get("k1")).isEmpty();
    assertThat(values.get("k2")).isPresent();
    assertThat(metrics.sum("llm_store_value_bytes").orElseThrow()).isBetween(9_000.0, 10_000.0);

    values.put("k2", "x".repeat(10_000), life);
    assertThat(values.get("k2")).as("larger than all the room").isEmpty();
    assertThat(values.get("k0")).isPresent();
  }
}
