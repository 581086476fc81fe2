package llm.core.usage;

import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import llm.core.limit.MemoryLimitStore;
import llm.core.limit.MemoryLimitStore.DayCount;
import llm.core.telemetry.Log;
import llm.domain.limit.Measure;
import llm.domain.port.SumStore;
import llm.domain.port.TimeSource;
import llm.domain.store.StoreException;

/**
 * Keeps the day's counts of limits beside what was used, so that a quota goes on after a restart.
 * For one thread at a time.
 */
public final class KeptQuotas {
  private static final String SPACE = "quota";

  private final MemoryLimitStore limits;
  private final SumStore sums;
  private final TimeSource time;
  private final Log log;
  private final Map<String, Long> kept = new HashMap<>(); // of day
  private LocalDate day;

  /** Keeps the counts of {@code limits} in {@code sums}. */
  public KeptQuotas(MemoryLimitStore limits, SumStore sums, TimeSource time, Log log) {
    this.limits = limits;
    this.sums = sums;
    this.time = time;
    this.log = log;
    this.day = today();
  }

  /**
   * Goes on with what is kept of today; before anything is counted. Where one count cannot be read,
   * none is taken. Blocks.
   */
  public void restore() {
    try {
      var counts = new ArrayList<DayCount>();
      var read = new HashMap<String, Long>();
      sums.read(day)
          .forEach((name, sum) -> {
            if (name.startsWith(SPACE + " ") && sum > 0) {
              counts.add(count(name, sum));
              read.put(name, sum);
            }
          });
      limits.goOn(counts);
      kept.putAll(read);
    } catch (StoreException | IllegalArgumentException failure) {
      log.warn("quotas_not_restored")
          .put("message", "The day's limits begin anew.")
          .cause(failure)
          .emit();
    }
  }

  private DayCount count(String name, long sum) {
    String[] parts = name.split(" ", -1);
    boolean isCount =
        parts.length == 4
            && Arrays.stream(Measure.values())
                .anyMatch(measure -> measure.isDaily() && measure.name().equals(parts[2]));
    if (!isCount) {
      throw new IllegalArgumentException("'" + name + "' is no count of a day's limit");
    }
    return new DayCount(parts[1], parts[3], Measure.valueOf(parts[2]), day.toEpochDay(), sum);
  }

  /** Keeps what changed. Blocks; what cannot be kept now is kept the next time. */
  public void keep() {
    if (!today().equals(day)) {
      day = today();
      kept.clear();
    }
    var more = new LinkedHashMap<String, Long>();
    var now = new HashMap<String, Long>();
    for (DayCount count : limits.today()) {
      if (count.day() == day.toEpochDay()) {
        String name =
            SPACE + " " + count.rule() + " " + count.measure().name() + " " + count.name();
        now.put(name, count.amount());
        long since = count.amount() - kept.getOrDefault(name, 0L);
        if (since != 0) {
          more.put(name, since);
        }
      }
    }
    if (more.isEmpty()) {
      return;
    }
    try {
      sums.add(day, more);
      kept.putAll(now);
    } catch (StoreException failure) {
      log.debug("quotas_not_kept").cause(failure).emit();
    }
  }

  private LocalDate today() {
    return LocalDate.ofInstant(time.now(), ZoneOffset.UTC);
  }
}
