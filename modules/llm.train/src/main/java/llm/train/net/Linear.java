package llm.train.net;

import llm.train.net.Tensor.Kind;

/** A layer's matrix of weights W that makes {@code y = x · Wᵀ} of rows x. Not thread-safe. */
final class Linear {
  private final Tensor weights;
  private final Products products;

  Linear(Parameters parameters, Kind kind, int layer, Products products) {
    this.weights = parameters.of(kind, layer);
    this.products = products;
  }

  /** Adds {@code x · Wᵀ} to y. */
  void forward(int rows, float[] x, float[] y) {
    int outputs = weights.rows();
    int inputs = weights.columns();
    Matrix transposed = weights.matrix().transposed();
    products.add(Matrix.of(x, inputs), transposed, Matrix.of(y, outputs), rows, inputs, outputs);
  }

  /** Adds {@code dy · W} to dx, and {@code dyᵀ · x} to the gradients of W. */
  void backward(int rows, float[] x, float[] dy, float[] dx, Parameters gradients) {
    int outputs = weights.rows();
    int inputs = weights.columns();
    Matrix errors = Matrix.of(dy, outputs);
    products.add(errors, weights.matrix(), Matrix.of(dx, inputs), rows, outputs, inputs);
    Matrix gradient = gradients.of(weights.kind(), weights.layer()).matrix();
    products.add(errors.transposed(), Matrix.of(x, inputs), gradient, outputs, rows, inputs);
  }
}
