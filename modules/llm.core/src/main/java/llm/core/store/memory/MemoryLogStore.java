package llm.core.store.memory;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import llm.core.store.StoreTexts;
import llm.core.telemetry.Metrics;
import llm.domain.port.LogStore;
import llm.domain.port.TimeSource;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;
import llm.domain.store.StoreException.Reason;

/**
 * Logs in the memory of this process, up to a number of bytes; gone with it. Thread-safe; never
 * waits but for another's few instructions.
 */
public final class MemoryLogStore implements LogStore {
  /** What a record costs beside its text: the string and its place in a list. */
  private static final long RECORD_COST = 64;

  /** What a log costs beside its records and head. */
  private static final long LOG_COST = 512;

  private final TimeSource time;
  private final long memoryBytes;
  private final long appendBytes;
  private final Map<String, TreeMap<String, Held>> spaces = new HashMap<>(); // guarded by this
  private volatile long bytes; // written under this
  private boolean closed; // guarded by this

  /** One log. */
  private static final class Held {
    private final LogKey key;
    private final LogIdentity identity;
    private List<String> records = new ArrayList<>(); // the first has position `first`
    private long first;
    private Optional<String> snapshot = Optional.empty(); // of the records before `first`
    private String head = "";
    private Instant changedAt = Instant.EPOCH;
    private long bytes = LOG_COST;

    private Held(LogKey key, LogIdentity identity) {
      this.key = key;
      this.identity = identity;
    }

    private long end() {
      return first + records.size();
    }

    private LogPoint point() {
      return new LogPoint(identity, end());
    }

    private LogInfo info() {
      return new LogInfo(key, point(), head, changedAt);
    }
  }

  /**
   * An empty store.
   *
   * @param memoryBytes about how much memory it may take
   * @param appendBytes the most bytes of one append
   */
  public MemoryLogStore(long memoryBytes, long appendBytes, TimeSource time, Metrics metrics) {
    this.memoryBytes = memoryBytes;
    this.appendBytes = appendBytes;
    this.time = time;
    metrics.gauge("llm_store_bytes", "Bytes that the store of logs takes.", () -> bytes);
  }

  @Override
  public long appendBytes() {
    return appendBytes;
  }

  @Override
  public Durability durability() {
    return Durability.NONE;
  }

  @Override
  public synchronized boolean isAvailable() {
    return !closed;
  }

  @Override
  public void append(LogKey key, LogPoint at, List<String> records, Optional<String> head)
      throws StoreException {
    var encoded = StoreTexts.records(records, appendBytes);
    StoreTexts.head(head);
    long more = encoded.stream().mapToLong(text -> text.length + RECORD_COST).sum();
    add(key, at, List.copyOf(records), head, more);
  }

  private synchronized void add(
      LogKey key, LogPoint at, List<String> records, Optional<String> head, long cost)
      throws StoreException {
    checkOpen();
    Held known = held(key);
    Held log = known == null ? new Held(key, at.identity()) : known;
    if (!StoreTexts.isAtEnd(at, Optional.ofNullable(known).map(Held::point))) {
      checkRepeat(log, at, records);
      return;
    }
    long more = cost + (known == null ? LOG_COST : 0);
    more += head.map(text -> (long) text.length() - log.head.length()).orElse(0L);
    checkRoom(more);
    if (known == null) {
      spaces.computeIfAbsent(key.space(), _ -> new TreeMap<>()).put(key.id(), log);
      more -= LOG_COST; // the new log has them already
      bytes += LOG_COST;
    }
    log.records.addAll(records);
    log.bytes += more;
    bytes += more;
    head.ifPresent(text -> log.head = text);
    log.changedAt = time.now().truncatedTo(ChronoUnit.MILLIS);
  }

  /** Whether the same records stand there already: then the append is a repeat, and done. */
  private static void checkRepeat(Held log, LogPoint at, List<String> records)
      throws StoreException {
    long position = at.position();
    if (position < log.first || position > log.end() - records.size()) {
      throw StoreTexts.conflict(at, log.end());
    }
    int from = (int) (position - log.first);
    if (!log.records.subList(from, from + records.size()).equals(records)) {
      throw StoreTexts.conflict(at, log.end());
    }
  }

  @Override
  public synchronized LogPage read(LogKey key, long from, int limit) throws StoreException {
    StoreTexts.checkPosition(from);
    StoreTexts.checkLimit(limit);
    checkOpen();
    Held log = held(key);
    if (log == null) {
      return LogPage.ABSENT;
    }
    var found = new ArrayList<LogRecord>();
    long next = from;
    if (from < log.first && log.snapshot.isPresent()) {
      found.add(new LogRecord(log.first - 1, log.snapshot.get()));
      next = log.first;
    }
    while (next < log.end() && found.size() < limit) {
      found.add(new LogRecord(next, log.records.get((int) (next - log.first))));
      next++;
    }
    return new LogPage(log.identity, found);
  }

  @Override
  public synchronized Optional<LogInfo> find(LogKey key) throws StoreException {
    checkOpen();
    return Optional.ofNullable(held(key)).map(Held::info);
  }

  @Override
  public synchronized List<LogInfo> list(String space, Optional<String> after, int limit)
      throws StoreException {
    StoreTexts.checkLimit(limit);
    checkOpen();
    var logs = spaces.getOrDefault(space, new TreeMap<>());
    return logs.tailMap(after.orElse(""), false).values().stream()
        .limit(limit)
        .map(Held::info)
        .toList();
  }

  @Override
  public void compact(LogKey key, LogPoint at, String snapshot) throws StoreException {
    long length = StoreTexts.records(List.of(snapshot), appendBytes).getFirst().length;
    shorten(key, at, snapshot, length);
  }

  private synchronized void shorten(LogKey key, LogPoint at, String snapshot, long length)
      throws StoreException {
    checkOpen();
    Held log = held(key);
    if (log == null) {
      throw StoreTexts.beyond(at, 0);
    }
    StoreTexts.checkIdentity(at.identity(), log.identity);
    long position = at.position();
    if (position >= log.end()) {
      throw StoreTexts.beyond(at, log.end());
    }
    if (position < log.first) {
      return;
    }
    int gone = (int) (position + 1 - log.first);
    long less = log.records.subList(0, gone).stream().mapToLong(MemoryLogStore::cost).sum();
    less += log.snapshot.map(MemoryLogStore::cost).orElse(0L);
    long more = length + RECORD_COST - less;
    checkRoom(more);
    log.records = new ArrayList<>(log.records.subList(gone, log.records.size()));
    log.first = position + 1;
    log.snapshot = Optional.of(snapshot);
    log.bytes += more;
    bytes += more;
  }

  @Override
  public synchronized boolean delete(LogKey key, LogIdentity identity) throws StoreException {
    checkOpen();
    Held gone = held(key);
    if (gone == null || !gone.identity.equals(identity)) {
      return false;
    }
    spaces.get(key.space()).remove(key.id());
    bytes -= gone.bytes;
    return true;
  }

  @Override
  public synchronized void close() {
    closed = true;
    spaces.clear();
    bytes = 0;
  }

  private Held held(LogKey key) {
    var space = spaces.get(key.space());
    return space == null ? null : space.get(key.id());
  }

  private void checkRoom(long more) throws StoreException {
    if (more > 0 && bytes + more > memoryBytes) {
      throw new StoreException(
          Reason.FULL,
          "The store holds %d bytes of at most %d (store.memory_bytes): delete what is not needed."
              .formatted(bytes, memoryBytes));
    }
  }

  private void checkOpen() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
  }

  private static long cost(String text) {
    return StoreTexts.utf8(text).length + RECORD_COST;
  }
}
