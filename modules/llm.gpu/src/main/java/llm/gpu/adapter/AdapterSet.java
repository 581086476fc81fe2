package llm.gpu.adapter;

import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import llm.domain.model.AdapterUse;

/**
 * The adapters that a request is computed with. Two requests whose sets are not equal are not
 * computed in one step, and share nothing that was computed.
 *
 * @param scales how much of each is added, by its name; finite and not 0
 */
public record AdapterSet(SortedMap<String, Float> scales) {
  /** The model as it is. */
  public static final AdapterSet NONE = new AdapterSet(new TreeMap<>());

  private static final String BETWEEN = ";";
  private static final String EQUALS = "=";

  /** Copies the map; leaves out those of which nothing is added. */
  public AdapterSet {
    if (!scales.values().stream().allMatch(Float::isFinite)) {
      throw new IllegalArgumentException("a scale must be finite: " + scales);
    }
    SortedMap<String, Float> copy = new TreeMap<>(scales);
    copy.values().removeIf(scale -> scale == 0);
    scales = Collections.unmodifiableSortedMap(copy);
  }

  /**
   * Those of a request.
   *
   * @param uses each by its name and with its scale
   */
  public static AdapterSet of(List<AdapterUse> uses) {
    if (uses.isEmpty()) {
      return NONE;
    }
    var scales = new TreeMap<String, Float>();
    for (AdapterUse use : uses) {
      if (!(use instanceof AdapterUse.Named(String name, Optional<Double> scale))
          || scale.isEmpty()) {
        throw new IllegalArgumentException("not resolved: the adapter " + use.described());
      }
      scales.put(name, scale.get().floatValue());
    }
    return new AdapterSet(scales);
  }

  /** Whether there is none. */
  public boolean isNone() {
    return scales.isEmpty();
  }

  /** As text, which {@link #parse} reads; empty for none. */
  public String text() {
    return scales.entrySet().stream()
        .map(one -> one.getKey() + EQUALS + one.getValue())
        .collect(Collectors.joining(BETWEEN));
  }

  /** The set that {@code text} tells; empty when it tells none. */
  public static Optional<AdapterSet> parse(String text) {
    if (text.isEmpty()) {
      return Optional.of(NONE);
    }
    var scales = new TreeMap<String, Float>();
    try {
      for (String one : text.split(BETWEEN, -1)) {
        int middle = one.lastIndexOf(EQUALS);
        if (middle < 1) {
          return Optional.empty();
        }
        scales.put(one.substring(0, middle), Float.valueOf(one.substring(middle + 1)));
      }
      return Optional.of(new AdapterSet(scales));
    } catch (IllegalArgumentException _) {
      return Optional.empty(); // no number, or none that is finite
    }
  }
}
