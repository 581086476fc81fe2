package llm.core.usage;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import llm.core.concurrent.Alarms;
import llm.core.limit.Dollars;
import llm.core.telemetry.Log;
import llm.core.telemetry.Metrics;
import llm.core.telemetry.Telemetry;
import llm.domain.call.Registration;
import llm.domain.chat.Usage;
import llm.domain.port.TimeSource;
import llm.domain.store.StoreException;

/**
 * Adds up what each key takes of each model on each day. It is kept in memory, and every few
 * seconds what came since goes to the store; so a process that is killed loses those seconds of the
 * report. Thread-safe; noting does not block.
 */
public final class UsageLedger implements AutoCloseable {
  /** Stands for the key of what the server does by itself, such as summaries of conversations. */
  public static final String OWN_WORK = "llm.server";

  /** Stands for models beyond the most that are told apart, of a key or of all. */
  public static final String OTHER_MODELS = "*others";

  /** How often what came goes to the store. */
  public static final Duration FLUSH = Duration.ofSeconds(5);

  private static final int MOST_ROWS = 20_000; // of all days in memory
  private static final int MOST_DAYS = 62; // in memory, today among them

  private static final int REQUESTS = 0;
  private static final int FAILURES = 1;
  private static final int REFUSALS = 2;
  private static final int CACHE_HITS = 3;
  private static final int PROMPT = 4;
  private static final int COMPLETION = 5;
  private static final int CACHED = 6;
  private static final int COST = 7;

  private final Alarms alarms;
  private final TimeSource time;
  private final Log log;
  private final Metrics.Counter dollars;
  private final NamesOfKeys names;
  private final Map<Place, AtomicLongArray> sums = new ConcurrentHashMap<>();
  private final ReentrantLock flushing = new ReentrantLock();
  private final Map<Place, UsageCounts> stored = new ConcurrentHashMap<>(); // of sums; by flushing
  private final AtomicLong latestDay = new AtomicLong();
  private volatile UsageStore store = UsageStore.NONE;
  private volatile Runnable also = () -> {};
  private volatile boolean failing;
  private Registration next = () -> {}; // guarded by this
  private boolean closed; // guarded by this

  private record Place(long day, String key, String model) {}

  /** How a request ended. */
  public enum Outcome {
    DONE,
    CACHED,
    FAILED,
    REFUSED
  }

  /**
   * An empty ledger.
   *
   * @param listed the models that the server lists; others of a key are told apart up to a number
   */
  public UsageLedger(Alarms alarms, Telemetry telemetry, Supplier<Set<String>> listed) {
    this.names = new NamesOfKeys(listed, alarms.time());
    this.alarms = alarms;
    this.time = alarms.time();
    this.log = telemetry.log("llm.usage");
    this.dollars =
        telemetry
            .metrics()
            .counter("llm_cost_dollars_total", "US dollars, by the prices known.", "model");
  }

  /**
   * Keeps what comes in {@code kept} as well, from now on.
   *
   * @param alongside runs with each flush, on its thread
   */
  public void keepIn(UsageStore kept, Runnable alongside) {
    store = kept;
    also = alongside;
    schedule();
  }

  /** An attempt took so much. */
  public void spent(String key, String model, Usage usage, long nanoDollars) {
    if (nanoDollars == 0 && usage.totalTokens() == 0) {
      return;
    }
    AtomicLongArray row = row(key, model);
    row.addAndGet(PROMPT, usage.promptTokens());
    row.addAndGet(COMPLETION, usage.completionTokens());
    row.addAndGet(CACHED, usage.cachedTokens());
    if (nanoDollars > 0) {
      row.addAndGet(COST, nanoDollars);
      dollars.labels(model).addFraction((double) nanoDollars / Dollars.NANOS);
    }
  }

  /** A request has ended. */
  public void ended(String key, String model, Outcome outcome) {
    AtomicLongArray row = row(key, model);
    switch (outcome) {
      case REFUSED -> row.incrementAndGet(REFUSALS);
      case DONE -> row.incrementAndGet(REQUESTS);
      case CACHED -> {
        row.incrementAndGet(REQUESTS);
        row.incrementAndGet(CACHE_HITS);
      }
      case FAILED -> {
        row.incrementAndGet(REQUESTS);
        row.incrementAndGet(FAILURES);
      }
    }
  }

  /**
   * What was used on these days, both included: what the store has, and what has not gone there
   * yet. Blocks while the store is asked.
   *
   * @throws StoreException when it does not answer
   */
  public List<UsageRow> report(LocalDate from, LocalDate to) throws StoreException {
    flushing.lock();
    try {
      var rows = new ArrayList<>(store.read(from, to));
      sums.forEach((place, sum) -> {
        LocalDate day = LocalDate.ofEpochDay(place.day());
        UsageCounts open = counts(sum).minus(stored.getOrDefault(place, UsageCounts.NONE));
        if (!day.isBefore(from) && !day.isAfter(to) && !open.equals(UsageCounts.NONE)) {
          rows.add(new UsageRow(day, place.key(), place.model(), open));
        }
      });
      return rows;
    } finally {
      flushing.unlock();
    }
  }

  /** Hands what came to the store. Blocks until it has it, or has failed. */
  public void flush() {
    flushing.lock();
    try {
      var more = new ArrayList<UsageRow>();
      var seen = new ConcurrentHashMap<Place, UsageCounts>();
      sums.forEach((place, sum) -> {
        UsageCounts now = counts(sum);
        UsageCounts since = now.minus(stored.getOrDefault(place, UsageCounts.NONE));
        if (!since.equals(UsageCounts.NONE)) {
          var day = LocalDate.ofEpochDay(place.day());
          more.add(new UsageRow(day, place.key(), place.model(), since));
          seen.put(place, now);
        }
      });
      if (store != UsageStore.NONE && !more.isEmpty()) {
        var byDay = more.stream().collect(Collectors.groupingBy(UsageRow::day));
        for (var day : byDay.entrySet()) {
          store.add(day.getKey(), day.getValue());
          long number = day.getKey().toEpochDay();
          seen.forEach((place, now) -> {
            if (place.day() == number) {
              stored.put(place, now);
            }
          });
        }
      }
      also.run();
      failing = false;
      forgetOld();
    } catch (StoreException failure) {
      if (!failing) {
        failing = true;
        log.warn("usage_not_kept").put("message", "Tried again.").cause(failure).emit();
      }
    } catch (RuntimeException bug) {
      log.error("usage_flush_failed").cause(bug).emit();
    } finally {
      flushing.unlock();
    }
  }

  /** Hands over what came, and ends. */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      next.close();
    }
    flush();
  }

  private AtomicLongArray row(String key, String model) {
    long today = Math.floorDiv(time.now().getEpochSecond(), 86_400L);
    var place = new Place(today, key, model);
    AtomicLongArray known = sums.get(place);
    if (known != null) {
      return known;
    }
    if (latestDay.getAndSet(today) != today && store == UsageStore.NONE) {
      forgetOld(); // nobody flushes
    }
    boolean isTold = sums.size() < MOST_ROWS && names.tells(key, model);
    var kept = isTold ? place : new Place(today, key, OTHER_MODELS);
    return sums.computeIfAbsent(kept, _ -> new AtomicLongArray(UsageCounts.SIZE));
  }

  private static UsageCounts counts(AtomicLongArray sum) {
    long[] numbers = new long[UsageCounts.SIZE];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = sum.get(i);
    }
    return UsageCounts.of(numbers);
  }

  /** Days that are over are in the store; without one, the last weeks stay here. */
  private void forgetOld() {
    long today = LocalDate.ofInstant(time.now(), ZoneOffset.UTC).toEpochDay();
    long first = store == UsageStore.NONE ? today - MOST_DAYS + 1 : today - 1;
    if (sums.keySet().removeIf(place -> place.day() < first)) {
      stored.keySet().removeIf(place -> place.day() < first);
      names.retain(
          sums.keySet().stream()
              .collect(
                  Collectors.groupingBy(
                      Place::key, Collectors.mapping(Place::model, Collectors.toSet()))));
    }
  }

  private synchronized void schedule() {
    next.close();
    if (!closed) {
      next =
          alarms.at(
              time.nanoTime() + FLUSH.toNanos(),
              () ->
                  Thread.ofVirtual()
                      .name("llm-usage")
                      .start(() -> {
                        flush();
                        schedule();
                      }));
    }
  }
}
