package llm.core.store.redis;

import java.time.Duration;
import java.util.Optional;
import llm.core.store.StoreTexts;
import llm.domain.port.ValueStore;
import llm.domain.store.StoreException;
import redis.clients.jedis.params.SetParams;

/** Values in a Redis, which forgets them when their time is over. Thread-safe. */
final class RedisValueStore implements ValueStore {
  private final RedisLink link;
  private final String prefix;
  private final long valueBytes;
  private volatile boolean closed;

  RedisValueStore(RedisLink link, String prefix, long valueBytes) {
    this.link = link;
    this.prefix = prefix;
    this.valueBytes = valueBytes;
  }

  @Override
  public Optional<String> get(String key) throws StoreException {
    StoreTexts.checkValueKey(key);
    checkOpen();
    return link.ask(client -> Optional.ofNullable(client.get(prefix + key)));
  }

  @Override
  public void put(String key, String value, Duration life) throws StoreException {
    StoreTexts.checkValueKey(key);
    StoreTexts.checkLife(life);
    boolean fits = StoreTexts.utf8(value).length <= valueBytes;
    checkOpen();
    if (!fits) {
      remove(key);
      return;
    }
    var until = SetParams.setParams().px(StoreTexts.millis(life));
    link.ask(client -> client.set(prefix + key, value, until));
  }

  @Override
  public void remove(String key) throws StoreException {
    StoreTexts.checkValueKey(key);
    checkOpen();
    link.ask(client -> client.del(prefix + key));
  }

  @Override
  public boolean isAvailable() {
    return !closed && link.isUp();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      link.release();
    }
  }

  private void checkOpen() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
  }
}
