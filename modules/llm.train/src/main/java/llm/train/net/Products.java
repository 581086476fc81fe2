package llm.train.net;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Products of matrices by vectors of the machine's own width. Each element is the sum of its terms
 * in their order, fused multiply-add by fused multiply-add; vectors run along the columns of the
 * result and no sum goes across one. So the width changes no bit of the result. Not thread-safe.
 */
final class Products {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int COLUMNS = 2 * LANES;
  private static final int ROWS = 4;

  /** Rows of the right matrix that are laid side by side; what they take stays in the cache. */
  private static final int DEPTH = 256;

  static {
    if (NetShape.BLOCK % COLUMNS != 0) {
      throw new ExceptionInInitializerError("vectors of " + LANES + " values are too wide");
    }
  }

  private final float[] panel = new float[DEPTH * COLUMNS];

  /**
   * Adds {@code left [rows × depth] · right [depth × columns]} to {@code result}.
   *
   * @param columns a multiple of 32
   * @param result its columns stand side by side
   */
  void add(Matrix left, Matrix right, Matrix result, int rows, int depth, int columns) {
    for (int from = 0; from < depth; from += DEPTH) {
      int part = Math.min(DEPTH, depth - from);
      Matrix strip = left.from(0, from);
      for (int column = 0; column < columns; column += COLUMNS) {
        pack(right.from(from, column), part);
        int row = 0;
        for (; row + ROWS <= rows; row += ROWS) {
          addTile(
              strip.values(),
              strip.offset() + row * strip.rowStride(),
              strip.rowStride(),
              strip.columnStride(),
              part,
              result.values(),
              result.offset() + row * result.rowStride() + column,
              result.rowStride());
        }
        for (; row < rows; row++) {
          addRow(
              strip.values(),
              strip.offset() + row * strip.rowStride(),
              strip.columnStride(),
              part,
              result.values(),
              result.offset() + row * result.rowStride() + column);
        }
      }
    }
  }

  /** Copies a strip of the right matrix, so that its rows follow each other. */
  private void pack(Matrix strip, int depth) {
    float[] values = strip.values();
    int step = strip.columnStride();
    for (int k = 0; k < depth; k++) {
      int at = strip.offset() + k * strip.rowStride();
      int to = k * COLUMNS;
      if (step == 1) {
        System.arraycopy(values, at, panel, to, COLUMNS);
      } else {
        for (int j = 0; j < COLUMNS; j++) {
          panel[to + j] = values[at + j * step];
        }
      }
    }
  }

  private void addTile(
      float[] left, int at, int rowStride, int step, int depth, float[] out, int to, int stride) {
    int to1 = to + stride;
    int to2 = to1 + stride;
    int to3 = to2 + stride;
    FloatVector low0 = FloatVector.fromArray(SPECIES, out, to);
    FloatVector low1 = FloatVector.fromArray(SPECIES, out, to1);
    FloatVector low2 = FloatVector.fromArray(SPECIES, out, to2);
    FloatVector low3 = FloatVector.fromArray(SPECIES, out, to3);
    FloatVector high0 = FloatVector.fromArray(SPECIES, out, to + LANES);
    FloatVector high1 = FloatVector.fromArray(SPECIES, out, to1 + LANES);
    FloatVector high2 = FloatVector.fromArray(SPECIES, out, to2 + LANES);
    FloatVector high3 = FloatVector.fromArray(SPECIES, out, to3 + LANES);
    int a = at;
    for (int k = 0, p = 0; k < depth; k++, p += COLUMNS, a += step) {
      FloatVector low = FloatVector.fromArray(SPECIES, panel, p);
      FloatVector high = FloatVector.fromArray(SPECIES, panel, p + LANES);
      FloatVector left0 = FloatVector.broadcast(SPECIES, left[a]);
      FloatVector left1 = FloatVector.broadcast(SPECIES, left[a + rowStride]);
      FloatVector left2 = FloatVector.broadcast(SPECIES, left[a + 2 * rowStride]);
      FloatVector left3 = FloatVector.broadcast(SPECIES, left[a + 3 * rowStride]);
      low0 = left0.fma(low, low0);
      low1 = left1.fma(low, low1);
      low2 = left2.fma(low, low2);
      low3 = left3.fma(low, low3);
      high0 = left0.fma(high, high0);
      high1 = left1.fma(high, high1);
      high2 = left2.fma(high, high2);
      high3 = left3.fma(high, high3);
    }
    low0.intoArray(out, to);
    low1.intoArray(out, to1);
    low2.intoArray(out, to2);
    low3.intoArray(out, to3);
    high0.intoArray(out, to + LANES);
    high1.intoArray(out, to1 + LANES);
    high2.intoArray(out, to2 + LANES);
    high3.intoArray(out, to3 + LANES);
  }

  private void addRow(float[] left, int at, int step, int depth, float[] out, int to) {
    FloatVector low = FloatVector.fromArray(SPECIES, out, to);
    FloatVector high = FloatVector.fromArray(SPECIES, out, to + LANES);
    int a = at;
    for (int k = 0, p = 0; k < depth; k++, p += COLUMNS, a += step) {
      FloatVector value = FloatVector.broadcast(SPECIES, left[a]);
      low = value.fma(FloatVector.fromArray(SPECIES, panel, p), low);
      high = value.fma(FloatVector.fromArray(SPECIES, panel, p + LANES), high);
    }
    low.intoArray(out, to);
    high.intoArray(out, to + LANES);
  }
}
