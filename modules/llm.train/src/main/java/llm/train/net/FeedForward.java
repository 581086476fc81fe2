package llm.train.net;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import llm.train.net.Tensor.Kind;

/**
 * The second half of a layer: {@code x + (silu(n · Gᵀ) ∘ (n · Uᵀ)) · Dᵀ} with n the norm of x.
 * Keeps what a backward pass needs until the next forward pass. Not thread-safe.
 */
final class FeedForward {
  private static final VectorSpecies<Float> SPECIES = Exponential.SPECIES;

  private final int width;
  private final int inner;
  private final Norm norm;
  private final Linear gate;
  private final Linear up;
  private final Linear down;
  private final Workspace workspace;

  private float[] input;
  private float[] normed;
  private float[] gates;
  private float[] ups;
  private float[] mixed;

  FeedForward(Parameters parameters, int layer, Products products, Workspace workspace) {
    this.width = parameters.shape().width();
    this.inner = parameters.shape().inner();
    this.norm = new Norm(parameters, Kind.FEED_NORM, layer);
    this.gate = new Linear(parameters, Kind.GATE, layer, products);
    this.up = new Linear(parameters, Kind.UP, layer, products);
    this.down = new Linear(parameters, Kind.DOWN, layer, products);
    this.workspace = workspace;
  }

  float[] forward(int rows, float[] x) {
    input = x;
    normed = workspace.zeros(rows * width);
    gates = workspace.zeros(rows * inner);
    ups = workspace.zeros(rows * inner);
    mixed = workspace.zeros(rows * inner);
    norm.forward(rows, x, normed);
    gate.forward(rows, normed, gates);
    up.forward(rows, normed, ups);
    for (int i = 0; i < rows * inner; i += SPECIES.length()) {
      FloatVector g = FloatVector.fromArray(SPECIES, gates, i);
      FloatVector u = FloatVector.fromArray(SPECIES, ups, i);
      g.mul(sigmoid(g)).mul(u).intoArray(mixed, i);
    }
    float[] y = workspace.copy(x, rows * width);
    down.forward(rows, mixed, y);
    return y;
  }

  /** Turns the gradient of the output into that of the input. */
  void backward(int rows, float[] gradient, Parameters gradients) {
    float[] gateErrors = workspace.zeros(rows * inner);
    float[] upErrors = workspace.zeros(rows * inner);
    float[] normErrors = workspace.zeros(rows * width);
    down.backward(rows, mixed, gradient, gateErrors, gradients);
    for (int i = 0; i < rows * inner; i += SPECIES.length()) {
      FloatVector g = FloatVector.fromArray(SPECIES, gates, i);
      FloatVector u = FloatVector.fromArray(SPECIES, ups, i);
      FloatVector error = FloatVector.fromArray(SPECIES, gateErrors, i);
      FloatVector s = sigmoid(g);
      FloatVector silu = g.mul(s);
      error.mul(silu).intoArray(upErrors, i);
      FloatVector slope = s.add(silu.mul(s.mul(-1f).add(1f)));
      error.mul(u).mul(slope).intoArray(gateErrors, i);
    }
    gate.backward(rows, normed, gateErrors, normErrors, gradients);
    up.backward(rows, normed, upErrors, normErrors, gradients);
    norm.backward(rows, input, normErrors, gradient, gradients);
  }

  private static FloatVector sigmoid(FloatVector x) {
    FloatVector one = FloatVector.broadcast(SPECIES, 1f);
    return one.div(Exponential.of(x.neg()).add(1f));
  }
}
