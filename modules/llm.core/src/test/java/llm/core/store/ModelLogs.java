package llm.core.store;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import llm.domain.store.LogIdentity;
import llm.domain.store.LogPage;
import llm.domain.store.LogPoint;
import llm.domain.store.LogRecord;

/** What a store of logs holds, in the plainest words: the port's rules without any storage. */
public final class ModelLogs {
  /** One log, nothing of it forgotten. */
  public static final class Log {
    public final LogIdentity identity;
    public final List<String> records = new ArrayList<>();
    Optional<String> snapshot = Optional.empty();
    int first;
    public String head = "";

    Log(LogIdentity identity) {
      this.identity = identity;
    }

    /** How an append ends. */
    public boolean append(int position, List<String> more, Optional<String> newHead) {
      if (position == records.size()) {
        records.addAll(more);
        newHead.ifPresent(text -> head = text);
        return true;
      }
      int until = position + more.size();
      return position >= first
          && until <= records.size()
          && records.subList(position, until).equals(more);
    }

    public boolean compact(int position, String text) {
      if (position >= records.size()) {
        return false;
      }
      if (position >= first) {
        snapshot = Optional.of(text);
        first = position + 1;
      }
      return true;
    }

    public List<LogRecord> read(int from, int limit) {
      var found = new ArrayList<LogRecord>();
      if (from < first) {
        found.add(new LogRecord(first - 1, snapshot.orElseThrow()));
      }
      for (int i = Math.max(from, first); i < records.size() && found.size() < limit; i++) {
        found.add(new LogRecord(i, records.get(i)));
      }
      return found;
    }
  }

  public final TreeMap<String, Log> logs = new TreeMap<>();

  public boolean append(String id, LogPoint at, List<String> more, Optional<String> head) {
    Log log = logs.getOrDefault(id, new Log(at.identity()));
    boolean known = !log.records.isEmpty() || !at.identity().isNone();
    boolean done =
        known && log.identity.equals(at.identity()) && log.append((int) at.position(), more, head);
    if (!log.records.isEmpty()) {
      logs.put(id, log);
    }
    return done;
  }

  public boolean compact(String id, LogPoint at, String text) {
    Log log = logs.get(id);
    return log != null
        && log.identity.equals(at.identity())
        && log.compact((int) at.position(), text);
  }

  public boolean delete(String id, LogIdentity identity) {
    boolean there = logs.containsKey(id) && logs.get(id).identity.equals(identity);
    if (there) {
      logs.remove(id);
    }
    return there;
  }

  public LogPage read(String id, int from, int limit) {
    Log log = logs.get(id);
    return log == null ? LogPage.ABSENT : new LogPage(log.identity, log.read(from, limit));
  }

  /** Where a log ends; of one that is not there, where that of {@code born} begins. */
  public LogPoint end(String id, LogIdentity born) {
    Log log = logs.get(id);
    return log == null ? LogPoint.beginOf(born) : new LogPoint(log.identity, log.records.size());
  }
}
