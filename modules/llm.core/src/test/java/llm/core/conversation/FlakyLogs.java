package llm.core.conversation;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import llm.domain.port.LogStore;
import llm.domain.store.Durability;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.StoreException;

/** A store that can be away, and can lose the answer to an append that it did. */
final class FlakyLogs implements LogStore {
  /** How it is. */
  enum Mood {
    FINE,
    AWAY,
    /** It takes no more. */
    FULL,
    /** It does what it is asked and does not say so. */
    MUTE
  }

  private final LogStore inner;
  private volatile Supplier<Mood> mood = () -> Mood.FINE;

  FlakyLogs(LogStore inner) {
    this.inner = inner;
  }

  void is(Mood now) {
    mood = () -> now;
  }

  void is(Supplier<Mood> eachTime) {
    mood = eachTime;
  }

  @Override
  public Durability durability() {
    return Durability.FILE; // as far as a test restarts
  }

  @Override
  public long appendBytes() {
    return inner.appendBytes();
  }

  @Override
  public boolean isAvailable() {
    return mood.get() == Mood.FINE;
  }

  @Override
  public void append(LogKey key, LogPoint at, List<String> records, Optional<String> head)
      throws StoreException {
    Mood now = mood.get();
    if (now != Mood.AWAY && now != Mood.FULL) {
      inner.append(key, at, records, head);
    }
    check(now);
  }

  @Override
  public LogPage read(LogKey key, long from, int limit) throws StoreException {
    check(mood.get());
    return inner.read(key, from, limit);
  }

  @Override
  public Optional<LogInfo> find(LogKey key) throws StoreException {
    check(mood.get());
    return inner.find(key);
  }

  @Override
  public List<LogInfo> list(String space, Optional<String> after, int limit) throws StoreException {
    check(mood.get());
    return inner.list(space, after, limit);
  }

  @Override
  public void compact(LogKey key, LogPoint at, String snapshot) throws StoreException {
    check(mood.get());
    inner.compact(key, at, snapshot);
  }

  @Override
  public boolean delete(LogKey key, LogIdentity identity) throws StoreException {
    check(mood.get());
    return inner.delete(key, identity);
  }

  @Override
  public void close() {
    inner.close();
  }

  private static void check(Mood now) throws StoreException {
    if (now == Mood.FULL) {
      throw new StoreException(StoreException.Reason.FULL, "The store is full.");
    }
    if (now != Mood.FINE) {
      throw new StoreException(StoreException.Reason.UNAVAILABLE, "The store is away.");
    }
  }
}
