package llm.core.store.redis;

import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import llm.core.store.StoreTexts;
import llm.domain.port.SumStore;
import llm.domain.store.StoreException;

/**
 * Sums in a Redis: a hash for each day, which is forgotten after 400 days. What is added again
 * because nobody knows whether it was is added once. Thread-safe.
 */
final class RedisSumStore implements SumStore {
  private static final Duration LIFE = Duration.ofDays(400);
  private static final String SPACE = "llm-sums:";
  private static final String BATCH = "! "; // begins the fields that are no sums

  private final RedisLink link;
  private final String prefix;
  private final String own = BATCH + UUID.randomUUID();
  private long batch; // guarded by this
  private volatile boolean closed;

  RedisSumStore(RedisLink link, String prefix) {
    this.link = link;
    this.prefix = prefix + SPACE;
  }

  @Override
  public void add(LocalDate day, Map<String, Long> more) throws StoreException {
    checkOpen();
    var arguments = new ArrayList<String>();
    arguments.add(Long.toString(LIFE.toMillis()));
    arguments.add(own);
    arguments.add(Long.toString(next()));
    more.forEach((name, amount) -> {
      arguments.add(name);
      arguments.add(Long.toString(amount));
    });
    link.ask(client -> Script.SUMS_ADD.run(client, List.of(prefix + day), arguments));
  }

  private synchronized long next() {
    return batch++;
  }

  @Override
  public Map<String, Long> read(LocalDate day) throws StoreException {
    checkOpen();
    Map<String, String> fields = link.ask(client -> client.hgetAll(prefix + day));
    var sums = new HashMap<String, Long>();
    fields.forEach((name, value) -> {
      if (!name.startsWith(BATCH)) {
        sums.put(name, Long.valueOf(value));
      }
    });
    return sums;
  }

  @Override
  public void close() {
    closed = true; // the connections are those of logs and values
  }

  private void checkOpen() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
  }
}
