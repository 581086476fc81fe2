package llm.core.cache;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import llm.core.telemetry.Log;
import llm.domain.port.ValueStore;
import llm.domain.store.StoreException;

/**
 * Where answers are kept: a store that cannot be used is passed over, which is counted, and logged
 * when it begins and ends. Thread-safe; blocks as long as the store does.
 */
final class AnswerStore {
  private final CacheMetrics metrics;
  private final Log log;
  private final AtomicBoolean isDown = new AtomicBoolean();
  private volatile Optional<ValueStore> values = Optional.empty();

  AnswerStore(CacheMetrics metrics, Log log) {
    this.metrics = metrics;
    this.log = log;
  }

  /** From now on answers are kept there; before, they are not. */
  void keepIn(ValueStore store) {
    values = Optional.of(store);
  }

  boolean isAvailable() {
    if (isDown.get() && values.isPresent() && values.get().isAvailable()) {
      works(); // nobody asked it meanwhile
    }
    return !isDown.get();
  }

  /** The answer of this key; one that cannot be read is none, and removed. */
  Optional<KeptAnswer> find(String key) {
    Optional<ValueStore> store = values;
    if (store.isEmpty()) {
      return Optional.empty();
    }
    try {
      Optional<String> text = store.get().get(key);
      Optional<KeptAnswer> answer = text.flatMap(AnswerParser::read);
      if (text.isPresent() && answer.isEmpty()) {
        log.warn("cache_value_unreadable").put("key", key).emit();
        store.get().remove(key);
      }
      works();
      return answer;
    } catch (StoreException failure) {
      fails(failure);
      return Optional.empty();
    }
  }

  /** Keeps an answer; one that the store does not take is not kept. */
  void keep(String key, KeptAnswer answer, Duration life) {
    Optional<ValueStore> store = values;
    if (store.isEmpty()) {
      return;
    }
    String text = AnswerText.of(answer);
    try {
      store.get().put(key, text, life);
      metrics.kept(text.length());
      works();
    } catch (StoreException failure) {
      fails(failure);
    } catch (IllegalArgumentException refused) {
      log.debug("cache_value_refused").put("key", key).cause(refused).emit();
    }
  }

  private void works() {
    if (isDown.get() && isDown.compareAndSet(true, false)) {
      log.info("cache_store_back").emit();
    }
  }

  private void fails(StoreException failure) {
    metrics.storeFailed();
    boolean isAway = failure.reason() == StoreException.Reason.UNAVAILABLE;
    if (isAway && isDown.compareAndSet(false, true)) {
      log.warn("cache_store_away").cause(failure).emit();
    }
  }
}
