package llm.gpu.local;

import java.util.HashSet;
import java.util.Set;
import llm.gpu.gguf.SplitFiles;

/**
 * Gives each file of a folder an id: its name without ending, in characters that fit everywhere.
 */
final class ModelIds {
  private static final int MAX_LENGTH = 100;

  private final Set<String> taken = new HashSet<>(Set.of(LocalProvider.ID, BuiltinModel.ID));

  /** Gives out none of {@code others}. */
  ModelIds(Set<String> others) {
    taken.addAll(others);
  }

  /** The id of {@code fileName}; a name that is taken gets {@code -2}, {@code -3} and so on. */
  String of(String fileName) {
    String clean = SplitFiles.stem(fileName).replaceAll("[^A-Za-z0-9._:-]+", "-");
    String stem = clean.substring(0, Math.min(MAX_LENGTH, clean.length()));
    stem = stem.isEmpty() || stem.chars().allMatch(c -> c == '-' || c == '.') ? "model" : stem;
    String id = stem;
    for (int i = 2; !taken.add(id); i++) {
      id = stem + "-" + i;
    }
    return id;
  }
}
