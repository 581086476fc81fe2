package llm.train.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import llm.train.net.Tensor.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The backward pass says what the forward pass does when a weight changes. */
class GradientTest {
  private static final long SEED = 7;
  private static final NetShape SHAPE = new NetShape(64, 64, 2, 96, 48);
  private static final double STEP = 1e-2;

  static Stream<Tensor> everyTensor() {
    return weights().tensors().stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("everyTensor")
  void theGradientIsTheSlopeOfTheLoss(Tensor which) {
    Parameters weights = weights();
    List<Example> examples = examples();
    Parameters gradients = Parameters.zero(SHAPE);
    new Network(weights).learn(examples, gradients);

    float[] values = weights.of(which.kind(), which.layer()).values();
    float[] gradient = gradients.of(which.kind(), which.layer()).values();
    float[] direction = direction(gradient);
    double expected = 0;
    for (int i = 0; i < gradient.length; i++) {
      expected += (double) gradient[i] * direction[i];
    }

    double slope =
        (loss(weights, examples, values, direction, STEP)
                - loss(weights, examples, values, direction, -STEP))
            / (2 * STEP);

    assertThat(slope)
        .as("slope along a direction in %s of layer %d, seed %d", which.kind(), which.layer(), SEED)
        .isCloseTo(expected, within(Math.abs(expected) * 0.01 + 1e-3));
    assertThat(Math.abs(expected)).isGreaterThan(0.01);
  }

  private static double loss(
      Parameters weights, List<Example> examples, float[] values, float[] direction, double by) {
    float[] before = values.clone();
    for (int i = 0; i < values.length; i++) {
      values[i] += (float) (by * direction[i]);
    }
    double loss = new Network(weights).predict(examples).score().loss();
    System.arraycopy(before, 0, values, 0, before.length);
    return loss;
  }

  /** Along the gradient, and a little aside, of length 1. */
  private static float[] direction(float[] gradient) {
    var random = new Random(SEED);
    double squares = 0;
    for (float value : gradient) {
      squares += (double) value * value;
    }
    double typical = Math.sqrt(squares / gradient.length);
    float[] direction = new float[gradient.length];
    double length = 0;
    for (int i = 0; i < direction.length; i++) {
      direction[i] = (float) (gradient[i] + 0.5 * typical * random.nextGaussian());
      length += (double) direction[i] * direction[i];
    }
    for (int i = 0; i < direction.length; i++) {
      direction[i] /= (float) Math.sqrt(length);
    }
    return direction;
  }

  private static Parameters weights() {
    var random = new Random(SEED);
    Parameters weights = Parameters.random(SHAPE, random);
    for (Tensor tensor : weights.tensors()) {
      float[] values = tensor.values();
      for (int i = 0; i < values.length; i++) {
        values[i] += (float) (0.1 * random.nextGaussian());
      }
    }
    assertThat(weights.tensors().stream().map(Tensor::kind)).contains(Kind.values());
    return weights;
  }

  /** Of different lengths, shorter and longer than a block, with different weights. */
  private static List<Example> examples() {
    var random = new Random(SEED);
    List<Example> examples = new ArrayList<>();
    for (int size : new int[] {2, 9, 33, 41}) {
      int[] tokens = random.ints(size, 0, SHAPE.vocabulary()).toArray();
      float[] learned = new float[size];
      for (int i = size / 2; i < size; i++) {
        learned[i] = 0.5f + random.nextFloat();
      }
      examples.add(new Example(tokens, learned));
    }
    return examples;
  }
}
