package llm.train.net;

/**
 * A matrix somewhere in an array: element {@code (r, c)} is at {@code offset + r × rowStride + c ×
 * columnStride}. Immutable, but for the numbers that it looks at.
 */
record Matrix(float[] values, int offset, int rowStride, int columnStride) {

  /** Row-major with this many columns, from the beginning. */
  static Matrix of(float[] values, int columns) {
    return new Matrix(values, 0, columns, 1);
  }

  /** The same from an element on. */
  Matrix from(int row, int column) {
    return new Matrix(
        values, offset + row * rowStride + column * columnStride, rowStride, columnStride);
  }

  /** Rows for columns. */
  Matrix transposed() {
    return new Matrix(values, offset, columnStride, rowStride);
  }
}
