package llm.gpu.memory;

import llm.gpu.gguf.GgufHeader;

/**
 * What one layer remembers, in bytes: keys and values as 16-bit numbers for each place of the pool
 * ({@code llama_kv_cache}), or states as 32-bit numbers for each sequence ({@code
 * llama_memory_recurrent}). Layers with a sliding window have places for the whole pool too,
 * because {@code swa_full} is on.
 */
final class CacheNeed {
  private static final int HALF = 2; // bytes
  private static final int FLOAT = 4;

  private final GgufHeader header;
  private final int layers;

  /** Of a model with so many layers. */
  CacheNeed(GgufHeader header, int layers) {
    this.header = header;
    this.layers = layers;
  }

  /** Bytes of layer {@code index}. */
  long ofLayer(int index, ContextShape shape) {
    return isRecurrent(index)
        ? FLOAT * shape.sequences() * stateNumbers()
        : HALF * shape.cells() * numbersOfToken(index);
  }

  private long numbersOfToken(int index) {
    if (index >= layers - header.ofArchitecture("attention.shared_kv_layers", 0)) {
      return 0; // it reads those of a layer before
    }
    long heads = header.ofLayer("attention.head_count", index, 0);
    long pairs = header.ofLayer("attention.head_count_kv", index, heads);
    long width = heads == 0 ? 0 : header.ofArchitecture("embedding_length", 0) / heads;
    long key = header.ofArchitecture("attention.key_length", width);
    boolean latent = header.ofArchitecture("attention.key_length_mla", 0) > 0;
    return pairs * (latent ? key : key + header.ofArchitecture("attention.value_length", width));
  }

  private boolean isRecurrent(int index) {
    if (header.ofArchitecture("wkv.head_size", 0) > 0) {
      return true;
    }
    if (header.ofArchitecture("ssm.state_size", 0) == 0) {
      return false;
    }
    long interval = header.ofArchitecture("full_attention_interval", 0);
    return interval > 0
        ? (index + 1) % interval != 0
        : header.ofLayer("attention.head_count_kv", index, 0) == 0;
  }

  private long stateNumbers() {
    long width = header.ofArchitecture("embedding_length", 0);
    long head = header.ofArchitecture("wkv.head_size", 0);
    if (head > 0) {
      return width * head + 2 * width;
    }
    long inner = header.ofArchitecture("ssm.inner_size", 2 * width);
    long state = header.ofArchitecture("ssm.state_size", 0);
    long groups = header.ofArchitecture("ssm.group_count", 0);
    long conv = Math.max(1, header.ofArchitecture("ssm.conv_kernel", 1));
    return (conv - 1) * (inner + 2 * groups * state) + state * inner;
  }
}
