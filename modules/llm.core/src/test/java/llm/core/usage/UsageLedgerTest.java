package llm.core.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.usage.UsageLedger.Outcome;
import llm.domain.chat.Usage;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-9: what each key took of each model")
class UsageLedgerTest {
  private static final int MADE_UP = 30_000; // more than there are rows

  private final ManualClock clock = new ManualClock();
  private final Set<String> listed = new HashSet<>(Set.of("known"));
  private final AtomicInteger lists = new AtomicInteger();
  private final UsageLedger ledger =
      new UsageLedger(
          clock,
          new RecordingTelemetry(),
          () -> {
            lists.incrementAndGet();
            return Set.copyOf(listed);
          });

  private List<UsageRow> today(String key) throws Exception {
    var day = LocalDate.ofInstant(clock.now(), ZoneOffset.UTC);
    return ledger.report(day, day).stream().filter(row -> row.key().equals(key)).toList();
  }

  private UsageCounts of(String key, String model) throws Exception {
    return today(key).stream()
        .filter(row -> row.model().equals(model))
        .findFirst()
        .orElseThrow()
        .counts();
  }

  @Test
  void namesThatAreMadeUpAreSummedUpAndPushNobodyOut() throws Exception {
    for (int i = 0; i < MADE_UP; i++) {
      ledger.ended("loud", "made-up-" + i, i % 2 == 0 ? Outcome.REFUSED : Outcome.DONE);
      ledger.spent("loud", "made-up-" + i, new Usage(1, 2, 0), 3);
    }
    ledger.ended("loud", "known", Outcome.DONE);
    ledger.ended("loud", "made-up-7", Outcome.DONE);
    ledger.ended("quiet", "known", Outcome.DONE);
    ledger.ended("quiet", "private", Outcome.DONE);

    assertThat(today("loud")).as("100, the rest, and what is listed").hasSize(102);
    assertThat(of("loud", "known").requests()).isEqualTo(1);
    assertThat(of("loud", "made-up-7").requests()).isEqualTo(2);
    UsageCounts rest = of("loud", UsageLedger.OTHER_MODELS);
    assertThat(rest.requests() + rest.refusals()).isEqualTo(MADE_UP - 100);
    assertThat(rest.promptTokens()).isEqualTo(MADE_UP - 100);
    assertThat(today("quiet")).extracting(UsageRow::model).containsOnly("known", "private");
    assertThat(lists).as("the list is not made for each name").hasValue(1);
  }

  @Test
  void aModelThatIsListedLaterIsToldApartThen() throws Exception {
    for (int i = 0; i <= NamesOfKeys.MOST_UNLISTED; i++) {
      ledger.ended("key", "made-up-" + i, Outcome.DONE);
    }
    listed.add("new");
    clock.advance(Duration.ofSeconds(6));
    ledger.ended("key", "new", Outcome.DONE);

    assertThat(of("key", "new").requests()).isEqualTo(1);
    assertThat(of("key", UsageLedger.OTHER_MODELS).requests()).isEqualTo(1);
  }

  @Test
  void withoutAStoreWhatIsOlderThanTheReportReachesIsForgotten() throws Exception {
    LocalDate first = LocalDate.ofInstant(clock.now(), ZoneOffset.UTC);
    for (int i = 0; i <= NamesOfKeys.MOST_UNLISTED; i++) {
      ledger.ended("key", "old-" + i, Outcome.DONE);
    }
    clock.advance(Duration.ofDays(61));
    ledger.ended("key", "known", Outcome.DONE);
    assertThat(ledger.report(first, first)).hasSize(NamesOfKeys.MOST_UNLISTED + 1);
    clock.advance(Duration.ofDays(1));
    ledger.ended("key", "young", Outcome.DONE);

    assertThat(ledger.report(first, first)).isEmpty();
    assertThat(today("key")).as("there is room again").hasSize(1);
    assertThat(of("key", "young").requests()).isEqualTo(1);
  }
}
