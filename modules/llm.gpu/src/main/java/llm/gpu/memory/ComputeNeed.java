package llm.gpu.memory;

import llm.gpu.gguf.GgufHeader;

/**
 * What a step is computed in, in bytes. llama.cpp reserves one buffer for the widest point of its
 * graph; the sums here are those points, as v0.5.0 reserves them for models with rotary attention
 * computed by flash attention, and gated feed-forward layers.
 */
final class ComputeNeed {
  private static final int HALF = 2; // bytes
  private static final int FLOAT = 4;
  private static final int INDEX_BYTES = 24; // of a token: position, id, and where it is kept

  private static final String UNGATED = "bert"; // its feed-forward layers have no gate

  private final GgufHeader header;
  private final int layers;

  /** Of a model with so many layers. */
  ComputeNeed(GgufHeader header, int layers) {
    this.header = header;
    this.layers = layers;
  }

  /** The buffer of a model that generates. */
  long buffer(ContextShape shape) {
    long tokens = shape.stepTokens();
    long inputs = masks(shape) + INDEX_BYTES * tokens;
    long wide = FLOAT * tokens * Math.max(attention(), feedForward());
    long output = FLOAT * (logits(shape.outputs()) + 2 * tokens * width());
    return Math.max(inputs + wide, output);
  }

  /** The rows of logits that are handed out. */
  long outputs(ContextShape shape) {
    return FLOAT * logits(shape.outputs());
  }

  /**
   * Which token may look at which: 16 bits for each pair, twice where some layers look back less.
   */
  long masks(ContextShape shape) {
    return HALF * shape.cells() * shape.stepTokens() * (hasWindow() ? 2 : 1);
  }

  /** The buffers of a model that makes vectors of texts of so many tokens, outputs included. */
  long ofVectors(long tokens) {
    long mask = HALF * tokens * tokens;
    return mask + tokens * (INDEX_BYTES + FLOAT * (Math.max(attention(), feedForward()) + width()));
  }

  private boolean hasWindow() {
    return header.ofArchitecture("attention.sliding_window", 0) > 0
        && !header.architecture().equals("llama");
  }

  private long logits(long rows) {
    return rows * header.tokenCount();
  }

  private long width() {
    return header.ofArchitecture("embedding_length", 0);
  }

  /** Numbers of a token while it attends. */
  private long attention() {
    long queries = 0;
    long pairs = 0;
    for (int layer = 0; layer < layers; layer++) {
      long heads = header.ofLayer("attention.head_count", layer, 0);
      long head = heads == 0 ? 0 : width() / heads;
      long size = header.ofArchitecture("attention.key_length", head);
      queries = Math.max(queries, heads * size);
      pairs = Math.max(pairs, header.ofLayer("attention.head_count_kv", layer, heads) * size);
    }
    long read = 2 * width() + queries + 3 * pairs;
    long weighed = 2 * queries + pairs + width();
    return Math.max(5 * width(), Math.max(read, weighed));
  }

  /** Numbers of a token in a feed-forward layer, or in those of the experts that are asked. */
  private long feedForward() {
    long inner = 0;
    for (int layer = 0; layer < layers; layer++) {
      inner = Math.max(inner, header.ofLayer("feed_forward_length", layer, 0));
    }
    if (header.architecture().equals(UNGATED)) {
      return 3 * width() + 2 * inner;
    }
    long used = header.ofArchitecture("expert_used_count", 0);
    if (used == 0) {
      return 4 * width() + 3 * inner;
    }
    long experts = used * header.ofArchitecture("expert_feed_forward_length", inner);
    long routed = 5 * width() + Math.max(3 * experts, experts + used * width());
    boolean hasDense = header.ofArchitecture("leading_dense_block_count", 0) > 0;
    return hasDense ? Math.max(routed, 4 * width() + 3 * inner) : routed;
  }
}
