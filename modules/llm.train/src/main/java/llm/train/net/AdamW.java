package llm.train.net;

import java.util.Arrays;

/**
 * The optimizer AdamW: a step along the running mean of a weight's gradients, divided by the root
 * of the running mean of their squares; weights that mix values also shrink a little. Different
 * tensors may be updated by different threads at once.
 *
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov and Hutter, Decoupled Weight Decay
 *     Regularization</a>
 */
final class AdamW {
  private static final float MEAN_KEPT = 0.9f;
  private static final float SQUARE_KEPT = 0.98f;
  private static final float EPSILON = 1e-8f;

  private final Parameters weights;
  private final Parameters means;
  private final Parameters squares;
  private final double decay;

  AdamW(Parameters weights, double decay) {
    this.weights = weights;
    this.means = Parameters.zero(weights.shape());
    this.squares = Parameters.zero(weights.shape());
    this.decay = decay;
  }

  /**
   * What one step is.
   *
   * @param number from 1
   * @param rate how far
   * @param scale what gradients are multiplied by first
   */
  record Step(int number, float rate, float scale) {}

  /** Updates one tensor by its gradients, and makes those zero. */
  void update(int tensor, Step step, float[] gradients) {
    Tensor weight = weights.tensors().get(tensor);
    float[] w = weight.values();
    float[] mean = means.tensors().get(tensor).values();
    float[] square = squares.tensors().get(tensor).values();
    float rate = (float) (step.rate() / (1 - StrictMath.pow(MEAN_KEPT, step.number())));
    float unbiased = (float) (1 / (1 - StrictMath.pow(SQUARE_KEPT, step.number())));
    float shrink = weight.kind().isNorm() ? 0f : (float) (step.rate() * decay);
    float scale = step.scale();
    for (int i = 0; i < w.length; i++) {
      float g = gradients[i] * scale;
      mean[i] = MEAN_KEPT * mean[i] + (1 - MEAN_KEPT) * g;
      square[i] = SQUARE_KEPT * square[i] + (1 - SQUARE_KEPT) * g * g;
      float root = (float) Math.sqrt(square[i] * unbiased) + EPSILON;
      w[i] -= rate * mean[i] / root + shrink * w[i];
    }
    Arrays.fill(gradients, 0f);
  }
}
