package llm.core.context.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llm.core.store.memory.MemoryValueStore;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.chat.Message;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("C-7: summaries of talks that go the same way again")
class SummaryCacheTest {
  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final SummaryCache cache =
      new SummaryCache(
          new MemoryValueStore(1 << 20, clock, telemetry.metrics()),
          Duration.ofHours(1),
          clock,
          telemetry.log("llm.dual"));

  private static List<Message> talk(int messages) {
    List<Message> talk = new ArrayList<>(List.of(Message.system("Be brief.")));
    for (int i = 0; i < messages; i++) {
      talk.add(i % 2 == 0 ? Message.user("q" + i) : Message.assistant("a" + i));
    }
    return talk;
  }

  private boolean hit(List<Message> talk) {
    boolean found = cache.find("demo-123", talk).isPresent();
    assertThat(telemetry.events("summary_cache_check").getLast().fields())
        .as("what is logged is what is used")
        .containsEntry("hit", found);
    return found;
  }

  @Test
  void aKeyIsOfTheSessionsHash() {
    assertThat(SummaryCache.key("demo-123")).isEqualTo("summary:session:f31190817143a3ef");
  }

  @Test
  void aSummaryOfTheBeginningIsUsedWhereItStandsForHalfOrMore() {
    cache.save("demo-123", talk(4), "Four.");

    assertThat(hit(talk(4))).isTrue();
    assertThat(hit(talk(7))).isTrue();
    assertThat(hit(talk(8))).as("half of it").isTrue();
    assertThat(hit(talk(9))).as("less than half of it").isFalse();
    assertThat(hit(talk(2))).as("less than it stands for").isFalse();
    assertThat(cache.find("demo-123", talk(7)).orElseThrow().covered()).isEqualTo(5);
    assertThat(cache.find("other", talk(4))).isEmpty();
  }

  @Test
  void aTalkThatWentAnotherWayFindsNone() {
    cache.save("demo-123", talk(4), "Four.");
    List<Message> other = talk(4);
    other.set(2, Message.assistant("something else"));

    assertThat(hit(other)).isFalse();
  }
}
