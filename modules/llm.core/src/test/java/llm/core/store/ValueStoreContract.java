package llm.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import llm.domain.port.ValueStore;
import llm.domain.store.StoreException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every rule of the port of values, for every store. */
public abstract class ValueStoreContract {
  private static final Duration HOUR = Duration.ofHours(1);

  protected ValueStore values;

  /** The store, empty. */
  protected abstract ValueStore open() throws Exception;

  /** Lets this time pass for the store. */
  protected abstract void pass(Duration time) throws Exception;

  @BeforeEach
  void openStore() throws Exception {
    values = open();
  }

  @AfterEach
  void closeStore() {
    values.close();
    values.close(); // twice is once
  }

  @Test
  void aValueIsKeptUntilItIsReplacedOrRemoved() throws Exception {
    String key = "summary:session:f31190817143a3ef";
    assertThat(values.get(key)).isEmpty();
    values.put(key, "first", HOUR);
    assertThat(values.get(key)).contains("first");
    values.put(key, "שנית 😀\u0000", HOUR);
    assertThat(values.get(key)).contains("שנית 😀\u0000");
    values.put("other", "", Duration.ofDays(1_000_000));
    assertThat(values.get("other")).contains("");
    values.remove(key);
    values.remove(key);
    assertThat(values.get(key)).isEmpty();
    assertThat(values.get("other")).contains("");
  }

  @Test
  void aValueEndsWithItsLife() throws Exception {
    values.put("short", "x", Duration.ofMillis(60));
    values.put("long", "y", HOUR);
    values.put("replaced", "old", Duration.ofMillis(60));
    values.put("replaced", "new", HOUR);
    pass(Duration.ofMillis(70));
    assertThat(values.get("short")).isEmpty();
    assertThat(values.get("long")).contains("y");
    assertThat(values.get("replaced")).contains("new");
  }

  @Test
  void whatIsNoKeyOrLifeOrTextIsABug() {
    for (String key : List.of("", "a b", "ü", "\n", "x".repeat(257))) {
      assertThatThrownBy(() -> values.get(key)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> values.remove(key)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> values.put(key, "x", HOUR))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (Duration life : List.of(Duration.ZERO, Duration.ofMillis(-1))) {
      assertThatThrownBy(() -> values.put("k", "x", life))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> values.put("k", "\uD83D", HOUR))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void onceClosedNothingIsDone() throws Exception {
    values.close();
    assertThatThrownBy(() -> values.get("k"))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.reason()).isEqualTo(StoreException.Reason.UNAVAILABLE));
  }
}
