package llm.gpu.memory;

/**
 * What a model is loaded to compute in.
 *
 * @param poolTokens tokens remembered at once; of an encoder, which remembers none, 0
 * @param batchTokens the most tokens of one step
 * @param sequences how many sequences share the pool
 * @param outputs the most outputs of one step
 */
public record ContextShape(int poolTokens, int batchTokens, int sequences, int outputs) {
  private static final int CELLS = 256; // llama.cpp rounds the pool up to a multiple

  /** With an output for each sequence. */
  public ContextShape(int poolTokens, int batchTokens, int sequences) {
    this(poolTokens, batchTokens, sequences, sequences);
  }

  /** Places of the pool as llama.cpp makes them. */
  long cells() {
    return (poolTokens + CELLS - 1L) / CELLS * CELLS;
  }

  /** Tokens that llama.cpp reserves a step for: a multiple of the sequences. */
  long stepTokens() {
    long most = Math.min(batchTokens, cells());
    return (most + sequences - 1) / sequences * sequences;
  }
}
