package llm.core.store.memory;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llm.core.store.StoreTexts;
import llm.core.telemetry.Metrics;
import llm.domain.port.TimeSource;
import llm.domain.port.ValueStore;
import llm.domain.store.StoreException;

/**
 * Values in the memory of this process, up to a number of bytes: beyond it, those go that nobody
 * asked for the longest. Thread-safe.
 */
public final class MemoryValueStore implements ValueStore {
  /** What a value costs beside key and text. */
  private static final long VALUE_COST = 128;

  private final TimeSource time;
  private final long limitBytes;
  private final Map<String, Held> values = new LinkedHashMap<>(16, 0.75f, true); // guarded by this
  private volatile long bytes; // written under this
  private boolean closed; // guarded by this

  private record Held(String text, long endsNanos, long bytes) {}

  /**
   * An empty store.
   *
   * @param limitBytes about how much memory it may take
   */
  public MemoryValueStore(long limitBytes, TimeSource time, Metrics metrics) {
    this.limitBytes = limitBytes;
    this.time = time;
    metrics.gauge("llm_store_value_bytes", "Bytes that the store of values takes.", () -> bytes);
  }

  @Override
  public synchronized Optional<String> get(String key) throws StoreException {
    StoreTexts.checkValueKey(key);
    checkOpen();
    Held held = values.get(key);
    if (held == null) {
      return Optional.empty();
    }
    if (held.endsNanos - time.nanoTime() <= 0) {
      drop(key);
      return Optional.empty();
    }
    return Optional.of(held.text);
  }

  @Override
  public void put(String key, String value, Duration life) throws StoreException {
    StoreTexts.checkValueKey(key);
    StoreTexts.checkLife(life);
    long cost = StoreTexts.utf8(value).length + key.length() + VALUE_COST;
    keep(key, new Held(value, time.nanoTime() + StoreTexts.nanos(life), cost));
  }

  private synchronized void keep(String key, Held held) throws StoreException {
    checkOpen();
    drop(key);
    if (held.bytes > limitBytes) {
      return; // it would push out everything, itself included
    }
    values.put(key, held);
    bytes += held.bytes;
    Iterator<Held> oldest = values.values().iterator();
    while (bytes > limitBytes) {
      bytes -= oldest.next().bytes;
      oldest.remove();
    }
  }

  @Override
  public synchronized void remove(String key) throws StoreException {
    StoreTexts.checkValueKey(key);
    checkOpen();
    drop(key);
  }

  @Override
  public boolean isAvailable() {
    return true;
  }

  @Override
  public synchronized void close() {
    closed = true;
    values.clear();
    bytes = 0;
  }

  private void drop(String key) {
    Held gone = values.remove(key);
    if (gone != null) {
      bytes -= gone.bytes;
    }
  }

  private void checkOpen() throws StoreException {
    if (closed) {
      throw StoreTexts.closed();
    }
  }
}
