package llm.train.net;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * One matrix of weights, {@code [rows × columns]}, row-major; a norm has one row. Whoever holds it
 * may change its values: it is not thread-safe.
 */
public final class Tensor {
  /** What the weights are for. */
  public enum Kind {
    /** A row for each token; also the head. */
    EMBEDDING,
    ATTENTION_NORM,
    QUERY,
    KEY,
    VALUE,
    ATTENTION_OUTPUT,
    FEED_NORM,
    GATE,
    UP,
    DOWN,
    OUTPUT_NORM;

    /** Whether it scales values instead of mixing them. */
    public boolean isNorm() {
      return this == ATTENTION_NORM || this == FEED_NORM || this == OUTPUT_NORM;
    }
  }

  private final Kind kind;
  private final int layer;
  private final int rows;
  private final int columns;
  private final float[] values;

  Tensor(Kind kind, int layer, int rows, int columns) {
    this.kind = kind;
    this.layer = layer;
    this.rows = rows;
    this.columns = columns;
    this.values = new float[rows * columns];
  }

  /** What it is for. */
  public Kind kind() {
    return kind;
  }

  /** The layer it belongs to, from 0; 0 for those of no layer. */
  public int layer() {
    return layer;
  }

  /** Outputs. */
  public int rows() {
    return rows;
  }

  /** Inputs. */
  public int columns() {
    return columns;
  }

  /** The weights themselves, not a copy. */
  public float[] values() {
    return values;
  }

  /** Ones for a norm, else evenly distributed with the given standard deviation. */
  void fill(RandomGenerator random, double deviation) {
    if (kind.isNorm()) {
      Arrays.fill(values, 1f);
      return;
    }
    double reach = deviation * StrictMath.sqrt(3);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * reach);
    }
  }

  Matrix matrix() {
    return Matrix.of(values, columns);
  }

  @Override
  public String toString() {
    return kind + " of layer " + layer;
  }
}
