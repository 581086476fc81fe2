package llm.train.net;

import llm.train.net.Tensor.Kind;

/**
 * Division of each row by the root of its mean square, then by weights, as llama has it. Not
 * thread-safe.
 */
final class Norm {
  private final Tensor weights;

  Norm(Parameters parameters, Kind kind, int layer) {
    this.weights = parameters.of(kind, layer);
  }

  void forward(int rows, float[] x, float[] y) {
    int width = weights.columns();
    float[] w = weights.values();
    for (int from = 0; from < rows * width; from += width) {
      float scale = scale(x, from, width);
      for (int i = 0; i < width; i++) {
        y[from + i] = x[from + i] * scale * w[i];
      }
    }
  }

  /** Adds to dx what dy means for it, and to the gradients of the weights. */
  void backward(int rows, float[] x, float[] dy, float[] dx, Parameters gradients) {
    int width = weights.columns();
    float[] w = weights.values();
    float[] gradient = gradients.of(weights.kind(), weights.layer()).values();
    for (int from = 0; from < rows * width; from += width) {
      float scale = scale(x, from, width);
      float along = 0;
      for (int i = 0; i < width; i++) {
        along += w[i] * dy[from + i] * x[from + i];
      }
      float pull = scale * scale * scale * along / width;
      for (int i = 0; i < width; i++) {
        gradient[i] += dy[from + i] * x[from + i] * scale;
        dx[from + i] += scale * w[i] * dy[from + i] - x[from + i] * pull;
      }
    }
  }

  private static float scale(float[] x, int from, int width) {
    float squares = 0;
    for (int i = 0; i < width; i++) {
      squares += x[from + i] * x[from + i];
    }
    return (float) (1 / Math.sqrt(squares / width + NetShape.NORM_EPSILON));
  }
}
