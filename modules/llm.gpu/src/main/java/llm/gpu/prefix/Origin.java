package llm.gpu.prefix;

import java.util.Map;
import java.util.Optional;
import llm.gpu.adapter.AdapterSet;

/**
 * What saved states belong to.
 *
 * @param file the model's file as its folder tells it; files of states are named after it
 * @param content what the states depend on beside that: the same text for the same weights, library
 *     and context
 * @param adapters the same of each of the model's adapters, by name
 */
public record Origin(String file, String content, Map<String, String> adapters) {
  /** Copies the map. */
  public Origin {
    adapters = Map.copyOf(adapters);
  }

  /** What states that were computed with {@code set} depend on; empty when one is not there. */
  Optional<String> contentWith(AdapterSet set) {
    var all = new StringBuilder(content);
    for (var one : set.scales().entrySet()) {
      String sample = adapters.get(one.getKey());
      if (sample == null) {
        return Optional.empty();
      }
      all.append('\n').append(one.getValue()).append(' ').append(sample);
    }
    return Optional.of(all.toString());
  }
}
