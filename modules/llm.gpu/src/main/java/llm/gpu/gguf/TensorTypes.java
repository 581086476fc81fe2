package llm.gpu.gguf;

/**
 * Sizes of tensor elements ({@code enum ggml_type} and {@code ggml_type_size} of llama.cpp v0.5.0):
 * a type stores blocks of elements in a fixed number of bytes.
 */
final class TensorTypes {
  /** By type: elements of a block, bytes of a block; 0, 0 for a number without a type. */
  private static final int[][] BLOCKS = {
    {1, 4}, {1, 2}, {32, 18}, {32, 20}, {0, 0}, {0, 0}, {32, 22}, {32, 24},
    {32, 34}, {32, 36}, {256, 84}, {256, 110}, {256, 144}, {256, 176}, {256, 210}, {256, 292},
    {256, 66}, {256, 74}, {256, 98}, {256, 50}, {32, 18}, {256, 110}, {256, 82}, {256, 136},
    {1, 1}, {1, 2}, {1, 4}, {1, 8}, {1, 8}, {256, 56}, {1, 2}, {0, 0},
    {0, 0}, {0, 0}, {256, 54}, {256, 66}, {0, 0}, {0, 0}, {0, 0}, {32, 17},
    {64, 36}, {128, 18}, {64, 18},
  };

  /** The type that all others are made of. */
  static final int F32 = 0;

  private TensorTypes() {}

  /** Whether there is a type of this number. */
  static boolean exists(int type) {
    return type >= 0 && type < BLOCKS.length && BLOCKS[type][0] > 0;
  }

  /** Elements of a block. */
  static int blockElements(int type) {
    return BLOCKS[type][0];
  }

  /** Bytes of a block. */
  static int blockBytes(int type) {
    return BLOCKS[type][1];
  }
}
