package llm.train.net;

import java.util.Arrays;
import llm.train.net.Exponential.Terms;
import llm.train.net.Tensor.Kind;

/**
 * The first half of a layer: each token of an example adds to itself what it finds at the tokens
 * before it and at itself, by several heads. Keeps what a backward pass needs until the next
 * forward pass. Not thread-safe.
 */
final class Attention {
  private static final int HEAD = NetShape.HEAD_WIDTH;
  private static final float SCALE = (float) (1 / StrictMath.sqrt(HEAD));

  private final int width;
  private final Norm norm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final Rotation rotation;
  private final Products products;
  private final Workspace workspace;

  private float[] input;
  private float[] normed;
  private float[] queries;
  private float[] keys;
  private float[] values;
  private float[] found;

  /** Of each example, by head, row and column: how much a token takes from another. */
  private float[][] shares;

  Attention(
      Parameters parameters, int layer, Rotation rotation, Products products, Workspace workspace) {
    this.width = parameters.shape().width();
    this.norm = new Norm(parameters, Kind.ATTENTION_NORM, layer);
    this.query = new Linear(parameters, Kind.QUERY, layer, products);
    this.key = new Linear(parameters, Kind.KEY, layer, products);
    this.value = new Linear(parameters, Kind.VALUE, layer, products);
    this.output = new Linear(parameters, Kind.ATTENTION_OUTPUT, layer, products);
    this.rotation = rotation;
    this.products = products;
    this.workspace = workspace;
  }

  float[] forward(Batch batch, float[] x) {
    int rows = batch.size();
    input = x;
    normed = workspace.zeros(rows * width);
    queries = workspace.zeros(rows * width);
    keys = workspace.zeros(rows * width);
    values = workspace.zeros(rows * width);
    found = workspace.zeros(rows * width);
    norm.forward(rows, x, normed);
    query.forward(rows, normed, queries);
    key.forward(rows, normed, keys);
    value.forward(rows, normed, values);
    rotation.turn(batch, queries, width);
    rotation.turn(batch, keys, width);
    shares = new float[batch.examples()][];
    for (int e = 0; e < shares.length; e++) {
      attend(batch, e);
    }
    float[] y = workspace.copy(x, rows * width);
    output.forward(rows, found, y);
    return y;
  }

  private void attend(Batch batch, int example) {
    int first = batch.start(example);
    int size = batch.start(example + 1) - first;
    int padded = padded(size);
    float[] taken = workspace.zeros(size * padded * (width / HEAD));
    float[] transposed = workspace.zeros(HEAD * padded);
    shares[example] = taken;
    for (int head = 0; head < width; head += HEAD) {
      int from = head / HEAD * size * padded;
      Matrix here = Matrix.of(taken, padded).from(from / padded, 0);
      transpose(keys, first, head, size, transposed, padded);
      products.add(
          at(queries, first, head), Matrix.of(transposed, padded), here, size, HEAD, padded);
      for (int row = 0; row < size; row++) {
        share(taken, from + row * padded, row + 1, padded);
      }
      products.add(here, at(values, first, head), at(found, first, head), size, size, HEAD);
    }
  }

  /** Turns the gradient of the output into that of the input. */
  void backward(Batch batch, float[] gradient, Parameters gradients) {
    int rows = batch.size();
    float[] foundErrors = workspace.zeros(rows * width);
    float[] queryErrors = workspace.zeros(rows * width);
    float[] keyErrors = workspace.zeros(rows * width);
    float[] valueErrors = workspace.zeros(rows * width);
    float[] normErrors = workspace.zeros(rows * width);
    output.backward(rows, found, gradient, foundErrors, gradients);
    for (int e = 0; e < shares.length; e++) {
      attendBack(batch, e, foundErrors, new float[][] {queryErrors, keyErrors, valueErrors});
    }
    rotation.turnBack(batch, queryErrors, width);
    rotation.turnBack(batch, keyErrors, width);
    query.backward(rows, normed, queryErrors, normErrors, gradients);
    key.backward(rows, normed, keyErrors, normErrors, gradients);
    value.backward(rows, normed, valueErrors, normErrors, gradients);
    norm.backward(rows, input, normErrors, gradient, gradients);
  }

  private void attendBack(Batch batch, int example, float[] foundErrors, float[][] errors) {
    int first = batch.start(example);
    int size = batch.start(example + 1) - first;
    int padded = padded(size);
    float[] taken = shares[example];
    float[] transposed = workspace.zeros(HEAD * padded);
    for (int head = 0; head < width; head += HEAD) {
      int from = head / HEAD * size * padded;
      float[] shareErrors = workspace.zeros(size * padded);
      Matrix share = Matrix.of(taken, padded).from(from / padded, 0);
      Matrix shareError = Matrix.of(shareErrors, padded);
      Matrix foundError = at(foundErrors, first, head);
      transpose(values, first, head, size, transposed, padded);
      products.add(foundError, Matrix.of(transposed, padded), shareError, size, HEAD, padded);
      products.add(share.transposed(), foundError, at(errors[2], first, head), size, size, HEAD);
      for (int row = 0; row < size; row++) {
        shareBack(taken, from + row * padded, shareErrors, row, padded);
      }
      Matrix queryError = at(errors[0], first, head);
      Matrix keyError = at(errors[1], first, head);
      products.add(shareError, at(keys, first, head), queryError, size, size, HEAD);
      products.add(shareError.transposed(), at(queries, first, head), keyError, size, size, HEAD);
    }
  }

  /** Softmax over the first values of a row; the others, which come later in time, get nothing. */
  private static void share(float[] values, int from, int count, int padded) {
    float most = values[from];
    for (int i = 1; i < count; i++) {
      most = Math.max(most, values[from + i]);
    }
    Exponential.of(values, from, padded, new Terms(most, SCALE), values, from);
    float sum = 0;
    for (int i = 0; i < count; i++) {
      sum += values[from + i];
    }
    for (int i = 0; i < count; i++) {
      values[from + i] /= sum;
    }
    Arrays.fill(values, from + count, from + padded, 0f);
  }

  private static void shareBack(float[] taken, int from, float[] errors, int row, int padded) {
    int to = row * padded;
    float sum = 0;
    for (int i = 0; i <= row; i++) {
      sum += taken[from + i] * errors[to + i];
    }
    for (int i = 0; i <= row; i++) {
      errors[to + i] = taken[from + i] * (errors[to + i] - sum) * SCALE;
    }
    Arrays.fill(errors, to + row + 1, to + padded, 0f);
  }

  private Matrix at(float[] array, int row, int column) {
    return Matrix.of(array, width).from(row, column);
  }

  /** One head of an example, a column for each token. */
  private void transpose(float[] from, int first, int head, int size, float[] to, int padded) {
    for (int row = 0; row < size; row++) {
      int at = (first + row) * width + head;
      for (int i = 0; i < HEAD; i++) {
        to[i * padded + row] = from[at + i];
      }
    }
  }

  private static int padded(int size) {
    return (size + NetShape.BLOCK - 1) / NetShape.BLOCK * NetShape.BLOCK;
  }
}
