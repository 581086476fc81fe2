package llm.gpu.gguf;

import java.util.List;

/**
 * A tensor as a header tells of it.
 *
 * @param type a number of {@code enum ggml_type}
 * @param shape 1 to 4 extents, the one that varies fastest first
 */
record GgufTensor(String name, int type, List<Long> shape) {

  /** The extent of dimension {@code index}, 0 to 3; 1 where there is none. */
  long extent(int index) {
    return index < shape.size() ? shape.get(index) : 1;
  }
}
