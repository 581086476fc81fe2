package llm.gpu.gguf;

import java.util.HashMap;
import java.util.Map;

/**
 * Bytes of a model's tensors, by what they belong to: {@code blk.3} for all of layer 3, else the
 * first step of the tensor's name, as {@code token_embd}.
 *
 * @param groups bytes of each
 * @param embeddingType number of {@code enum ggml_type} of {@code token_embd.weight}; -1 without it
 */
public record Weights(Map<String, Long> groups, int embeddingType) {
  /** No tensors. */
  public static final Weights NONE = new Weights(Map.of(), -1);

  private static final String LAYER = "blk.";
  private static final String EMBEDDING = "token_embd";

  /** Copies the map. */
  public Weights {
    groups = Map.copyOf(groups);
  }

  /** What the tensor {@code name} belongs to. */
  static String groupOf(String name) {
    int from = name.startsWith(LAYER) ? LAYER.length() : 0;
    int end = name.indexOf('.', from);
    return end < 0 ? name : name.substring(0, end);
  }

  /** All of them. */
  public long total() {
    return groups.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Those of layer {@code index}, from 0. */
  public long layer(int index) {
    return of(LAYER + index);
  }

  /** Those of the tokens' vectors. */
  public long embedding() {
    return of(EMBEDDING);
  }

  /** Whether the tokens' vectors are the output's weights too, for want of such. */
  public boolean isTied() {
    return embedding() > 0 && of("output") == 0;
  }

  /** With those of another part of a split model. */
  Weights plus(Weights other) {
    var sums = new HashMap<>(groups);
    other.groups.forEach((group, bytes) -> sums.merge(group, bytes, Long::sum));
    return new Weights(sums, Math.max(embeddingType, other.embeddingType));
  }

  private long of(String group) {
    return groups.getOrDefault(group, 0L);
  }
}
