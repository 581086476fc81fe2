package llm.core.conversation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TurnNamesTest {
  @Test
  void knowsWhatWasAddedAndNothingElse() {
    long seed = 20261121;
    var random = new Random(seed);
    var names = new TurnNames();
    Set<String> model = new HashSet<>();
    for (int i = 0; i < 20_000; i++) {
      String name = (random.nextBoolean() ? "turn-" : "") + random.nextInt(8_000);
      assertThat(names.contains(name)).as("seed %d", seed).isEqualTo(model.contains(name));
      assertThat(names.add(name)).as("seed %d", seed).isEqualTo(model.add(name));
      assertThat(names.count()).isEqualTo(model.size());
    }
    for (int i = 0; i < 8_000; i++) {
      assertThat(names.contains("other" + i)).isFalse();
    }
  }
}
