package llm.train.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Arrays for what one pass computes, lent again to the next pass: passes take them in the same
 * order. Not thread-safe.
 */
final class Workspace {
  private final List<float[]> arrays = new ArrayList<>();
  private int lent;

  /** All arrays are free again. */
  void clear() {
    lent = 0;
  }

  /** An array of at least this many numbers, those zero. */
  float[] zeros(int count) {
    if (lent == arrays.size()) {
      arrays.add(new float[count]);
      return arrays.get(lent++);
    }
    if (arrays.get(lent).length < count) {
      arrays.set(lent, new float[count + count / 4]);
      return arrays.get(lent++);
    }
    float[] array = arrays.get(lent++);
    Arrays.fill(array, 0, count, 0f);
    return array;
  }

  /** A copy of the first numbers. */
  float[] copy(float[] source, int count) {
    float[] array = zeros(count);
    System.arraycopy(source, 0, array, 0, count);
    return array;
  }
}
