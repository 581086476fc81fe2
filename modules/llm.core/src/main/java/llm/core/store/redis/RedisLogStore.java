package llm.core.store.redis;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import llm.core.store.StoreTexts;
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

/** Logs in a Redis. Thread-safe. */
final class RedisLogStore implements LogStore {
  private static final int FIELDS_OF_LISTED = 5;

  private final RedisLink link;
  private final String prefix;
  private final long appendBytes;
  private final TimeSource time;
  private volatile boolean closed;

  RedisLogStore(RedisLink link, String prefix, long appendBytes, TimeSource time) {
    this.link = link;
    this.prefix = prefix;
    this.appendBytes = appendBytes;
    this.time = time;
  }

  @Override
  public long appendBytes() {
    return appendBytes;
  }

  @Override
  public Durability durability() {
    return Durability.SHARED;
  }

  @Override
  public boolean isAvailable() {
    return !closed && link.isUp();
  }

  @Override
  public void append(LogKey key, LogPoint at, List<String> records, Optional<String> head)
      throws StoreException {
    StoreTexts.records(records, appendBytes);
    StoreTexts.head(head);
    var arguments = new ArrayList<String>(records.size() + 6);
    arguments.add(Long.toString(at.position()));
    arguments.add(Long.toString(time.now().toEpochMilli()));
    arguments.add(head.isPresent() ? "1" : "0");
    arguments.add(head.orElse(""));
    arguments.add(key.id());
    arguments.add(text(at.identity()));
    arguments.addAll(records);
    List<?> answer = run(Script.APPEND, key, arguments);
    if (!isDone(answer)) {
      throw StoreTexts.conflict(at, number(answer.get(1)));
    }
  }

  @Override
  public LogPage read(LogKey key, long from, int limit) throws StoreException {
    StoreTexts.checkPosition(from);
    StoreTexts.checkLimit(limit);
    List<?> answer = run(Script.READ, key, List.of(Long.toString(from), Integer.toString(limit)));
    if (answer.isEmpty()) {
      return LogPage.ABSENT;
    }
    var found = new ArrayList<LogRecord>();
    long next = Math.max(from, number(answer.getFirst()));
    if (number(answer.get(1)) == 1) {
      found.add(new LogRecord(next - 1, text(answer.get(2))));
    }
    for (Object record : (List<?>) answer.get(3)) {
      found.add(new LogRecord(next++, text(record)));
    }
    return new LogPage(identity(answer.get(4)), found);
  }

  @Override
  public Optional<LogInfo> find(LogKey key) throws StoreException {
    List<?> answer = run(Script.FIND, key, List.of());
    return answer.isEmpty() ? Optional.empty() : Optional.of(info(key, answer));
  }

  @Override
  public List<LogInfo> list(String space, Optional<String> after, int limit) throws StoreException {
    StoreTexts.checkLimit(limit);
    checkOpen();
    var arguments =
        List.of(after.map(id -> "(" + id).orElse("-"), Integer.toString(limit), hash(space, ""));
    List<?> answer = link.ask(client -> Script.LIST.run(client, List.of(index(space)), arguments));
    var found = new ArrayList<LogInfo>();
    for (int i = 0; i < answer.size(); i += FIELDS_OF_LISTED) {
      var key = new LogKey(space, text(answer.get(i)));
      found.add(info(key, answer.subList(i + 1, i + FIELDS_OF_LISTED)));
    }
    return found;
  }

  @Override
  public void compact(LogKey key, LogPoint at, String snapshot) throws StoreException {
    StoreTexts.records(List.of(snapshot), appendBytes);
    var arguments = List.of(Long.toString(at.position()), snapshot, text(at.identity()));
    List<?> answer = run(Script.COMPACT, key, arguments);
    if (!isDone(answer)) {
      throw StoreTexts.beyond(at, number(answer.get(1)));
    }
  }

  @Override
  public boolean delete(LogKey key, LogIdentity identity) throws StoreException {
    // Asked first, by a question that may be repeated: a repeated removal would find none.
    if (find(key).filter(info -> info.end().identity().equals(identity)).isEmpty()) {
      return false;
    }
    var arguments = List.of(key.id(), text(identity));
    List<?> answer = link.askOnce(client -> Script.DELETE.run(client, keys(key), arguments));
    return number(answer.getFirst()) == 1;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      link.release();
    }
  }

  private List<?> run(Script script, LogKey key, List<String> arguments) throws StoreException {
    checkOpen();
    return link.ask(client -> script.run(client, keys(key), arguments));
  }

  private List<String> keys(LogKey key) {
    return List.of(
        hash(key.space(), key.id()),
        prefix + "records:{" + key.space() + "}:" + key.id(),
        index(key.space()));
  }

  private String hash(String space, String id) {
    return prefix + "log:{" + space + "}:" + id;
  }

  private String index(String space) {
    return prefix + "logs:{" + space + "}";
  }

  private static LogInfo info(LogKey key, List<?> fields) {
    return new LogInfo(
        key,
        new LogPoint(identity(fields.get(3)), Long.parseLong(text(fields.getFirst()))),
        text(fields.get(1)),
        Instant.ofEpochMilli(Long.parseLong(text(fields.get(2)))));
  }

  /** Whether it was done; a conflict of positions is the caller's to tell. */
  private static boolean isDone(List<?> answer) throws StoreException {
    long done = number(answer.getFirst());
    if (done < 0) {
      throw StoreTexts.replaced();
    }
    return done > 0;
  }

  private static String text(LogIdentity identity) {
    return identity.isNone() ? "" : identity.value().toString();
  }

  private static LogIdentity identity(Object answer) {
    String text = text(answer);
    return text.isEmpty() ? LogIdentity.NONE : new LogIdentity(UUID.fromString(text));
  }

  private static long number(Object answer) {
    return (Long) answer;
  }

  private static String text(Object answer) {
    return (String) answer;
  }

  private void checkOpen() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
  }
}
