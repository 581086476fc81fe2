package llm.core.usage;

import java.time.LocalDate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import llm.domain.port.LogStore;
import llm.domain.port.SumStore;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;

/**
 * Sums in a store of logs that this process has for itself: a log for each day, a record for each
 * time that something was added, and now and then a snapshot for the records before it. Days are
 * forgotten after 400. Thread-safe.
 */
public final class LogSumStore implements SumStore {
  private static final String SPACE = "sums";
  private static final int COMPACT_EVERY = 500;
  private static final int PAGE = 1_000;
  private static final int KEPT_DAYS = 400;

  private final LogStore logs;
  private LocalDate cleaned = LocalDate.MIN; // guarded by this

  /** Sums in {@code logs}, which whoever opened them closes. */
  public LogSumStore(LogStore logs) {
    this.logs = logs;
  }

  @Override
  public synchronized void add(LocalDate day, Map<String, Long> more) throws StoreException {
    var key = key(day);
    Optional<LogInfo> known = logs.find(key);
    LogPoint end =
        known.isPresent()
            ? known.get().end()
            : LogPoint.beginOf(new LogIdentity(UUID.randomUUID()));
    logs.append(key, end, List.of(text(more)), Optional.empty());
    if ((end.position() + 1) % COMPACT_EVERY == 0) {
      logs.compact(key, end, text(read(day)));
    }
    if (!cleaned.equals(day)) {
      cleaned = day;
      forget(day.minusDays(KEPT_DAYS));
    }
  }

  @Override
  public Map<String, Long> read(LocalDate day) throws StoreException {
    var sums = new HashMap<String, Long>();
    long from = 0;
    LogPage page = logs.read(key(day), from, PAGE);
    while (!page.records().isEmpty()) {
      for (LogRecord record : page.records()) {
        record.text().lines().forEach(line -> addLine(line, sums));
        from = record.position() + 1;
      }
      page = logs.read(key(day), from, PAGE);
    }
    return sums;
  }

  @Override
  public void close() {
    // the logs are another's
  }

  private static LogKey key(LocalDate day) {
    return new LogKey(SPACE, day.toString());
  }

  private static String text(Map<String, Long> sums) {
    var text = new StringBuilder();
    new LinkedHashMap<>(sums)
        .forEach((name, sum) -> text.append(sum).append(' ').append(name).append('\n'));
    return text.toString();
  }

  private static void addLine(String line, Map<String, Long> sums) {
    int space = line.indexOf(' ');
    sums.merge(line.substring(space + 1), Long.valueOf(line.substring(0, space)), Long::sum);
  }

  private void forget(LocalDate before) throws StoreException {
    for (LogInfo log : logs.list(SPACE, Optional.empty(), PAGE)) {
      if (log.key().id().compareTo(before.toString()) < 0) {
        logs.delete(log.key(), log.end().identity());
      }
    }
  }
}
