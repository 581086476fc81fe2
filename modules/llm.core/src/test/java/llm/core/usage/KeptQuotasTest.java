package llm.core.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.limit.MemoryLimitStore;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.limit.Measure;
import llm.domain.port.SumStore;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-9: the day's quotas go on after a restart")
class KeptQuotasTest {
  private static final String GOOD = "quota trial REQUESTS_PER_DAY alice";

  private final ManualClock clock = new ManualClock();
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final MemoryLimitStore limits = new MemoryLimitStore(clock.time(), 100);
  private final Sums sums = new Sums();
  private final KeptQuotas quotas =
      new KeptQuotas(limits, sums, clock.time(), telemetry.log("llm.limit"));

  /** One day in memory. */
  private static final class Sums implements SumStore {
    private final Map<String, Long> day = new LinkedHashMap<>();

    @Override
    public void add(LocalDate of, Map<String, Long> more) {
      more.forEach((name, sum) -> day.merge(name, sum, Long::sum));
    }

    @Override
    public Map<String, Long> read(LocalDate of) {
      return day;
    }

    @Override
    public void close() {
      // in memory
    }
  }

  @Test
  void goesOnWithWhatWasCountedAndKeepsWhatIsMore() {
    sums.day.put("use alice m", 7L);
    sums.day.put(GOOD, 3L);
    quotas.restore();

    var today = LocalDate.ofInstant(clock.time().now(), ZoneOffset.UTC);
    assertThat(limits.today())
        .singleElement()
        .satisfies(count -> {
          assertThat(count.amount()).isEqualTo(3);
          assertThat(count.name()).isEqualTo("alice");
          assertThat(count.day()).isEqualTo(today.toEpochDay());
        });
    quotas.keep();
    assertThat(sums.day).containsEntry(GOOD, 3L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quota trial REQUESTS_PER_YEAR bob",
        "quota trial MAX_CONCURRENT bob",
        "quota trial bob",
        "quota trial REQUESTS_PER_DAY bob b"
      })
  void takesNothingWhereOneCountIsBadAndSaysSo(String bad) {
    sums.day.put(GOOD, 3L);
    sums.day.put(bad, 4L);
    quotas.restore();

    assertThat(limits.today()).isEmpty();
    assertThat(telemetry.trail()).contains("quotas_not_restored");
    limits.goOn(
        List.of(
            new MemoryLimitStore.DayCount(
                "trial",
                "alice",
                Measure.REQUESTS_PER_DAY,
                LocalDate.ofInstant(clock.time().now(), ZoneOffset.UTC).toEpochDay(),
                1)));
    quotas.keep();
    assertThat(sums.day).as("what came since is added").containsEntry(GOOD, 4L);
  }
}
