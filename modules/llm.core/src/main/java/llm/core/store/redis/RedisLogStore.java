package llm.core.store.redis;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.store.StoreTexts;
import llm.domain.port.LogStore;
import llm.domain.port.TimeSource;
import llm.domain.store.Durability;
import llm.domain.store.LogInfo;
import llm.domain.store.LogKey;
import llm.domain.store.LogRecord;
import llm.domain.store.StoreException;

/** Logs in a Redis. Thread-safe. */
final class RedisLogStore implements LogStore {
  private static final int FIELDS_OF_LISTED = 4;

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
  public void append(LogKey key, long position, List<String> records, Optional<String> head)
      throws StoreException {
    StoreTexts.records(position, records, appendBytes);
    StoreTexts.head(head);
    var arguments = new ArrayList<String>(records.size() + 5);
    arguments.add(Long.toString(position));
    arguments.add(Long.toString(time.now().toEpochMilli()));
    arguments.add(head.isPresent() ? "1" : "0");
    arguments.add(head.orElse(""));
    arguments.add(key.id());
    arguments.addAll(records);
    List<?> answer = run(Script.APPEND, key, arguments);
    if (number(answer.getFirst()) == 0) {
      throw StoreTexts.conflict(position, number(answer.get(1)));
    }
  }

  @Override
  public List<LogRecord> read(LogKey key, long from, int limit) throws StoreException {
    StoreTexts.checkPosition(from);
    StoreTexts.checkLimit(limit);
    List<?> answer = run(Script.READ, key, List.of(Long.toString(from), Integer.toString(limit)));
    var found = new ArrayList<LogRecord>();
    if (answer.isEmpty()) {
      return found;
    }
    long next = Math.max(from, number(answer.getFirst()));
    if (number(answer.get(1)) == 1) {
      found.add(new LogRecord(next - 1, text(answer.get(2))));
    }
    for (Object record : (List<?>) answer.get(3)) {
      found.add(new LogRecord(next++, text(record)));
    }
    return found;
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
  public void compact(LogKey key, long position, String snapshot) throws StoreException {
    StoreTexts.records(position, List.of(snapshot), appendBytes);
    List<?> answer = run(Script.COMPACT, key, List.of(Long.toString(position), snapshot));
    if (number(answer.getFirst()) == 0) {
      throw StoreTexts.beyond(position, number(answer.get(1)));
    }
  }

  @Override
  public boolean delete(LogKey key) throws StoreException {
    // Asked first, by a question that may be repeated: a repeated removal would find none.
    if (find(key).isEmpty()) {
      return false;
    }
    List<?> answer =
        link.askOnce(client -> Script.DELETE.run(client, keys(key), List.of(key.id())));
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
        Long.parseLong(text(fields.getFirst())),
        text(fields.get(1)),
        Instant.ofEpochMilli(Long.parseLong(text(fields.get(2)))));
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
