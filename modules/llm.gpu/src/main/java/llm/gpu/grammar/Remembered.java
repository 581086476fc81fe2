package llm.gpu.grammar;

import java.util.LinkedHashMap;
import java.util.Map;

/** What was used last, up to a number. One thread, or guarded by its owner. */
final class Remembered<K, V> extends LinkedHashMap<K, V> {
  private static final long serialVersionUID = 1;

  private final int most;

  /** Remembers the {@code most} that were looked at last. */
  Remembered(int most) {
    super(16, 0.75f, true);
    this.most = most;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
