package llm.train.net;

import java.util.ArrayList;
import java.util.List;
import llm.train.net.Tensor.Kind;

/**
 * One reader of a network's weights: the forward pass over examples, and the backward pass after
 * it. Not thread-safe; several may read the same weights while nobody changes them.
 */
public final class Network {
  private final Parameters parameters;
  private final NetShape shape;
  private final Products products = new Products();
  private final Workspace workspace = new Workspace();
  private final List<Attention> attentions = new ArrayList<>();
  private final List<FeedForward> feeds = new ArrayList<>();
  private final Norm outputNorm;
  private final Linear head;

  /** A reader of these weights, which it does not copy. */
  public Network(Parameters parameters) {
    this.parameters = parameters;
    this.shape = parameters.shape();
    var rotation = new Rotation(shape.contextTokens());
    for (int layer = 0; layer < shape.layers(); layer++) {
      attentions.add(new Attention(parameters, layer, rotation, products, workspace));
      feeds.add(new FeedForward(parameters, layer, products, workspace));
    }
    outputNorm = new Norm(parameters, Kind.OUTPUT_NORM, 0);
    head = new Linear(parameters, Kind.EMBEDDING, 0, products);
  }

  /**
   * What is expected after the learned rows of the examples.
   *
   * @throws IllegalArgumentException when one is longer than the network's window
   */
  public Predictions predict(List<Example> examples) {
    return forward(new Batch(examples)).predictions();
  }

  /** Adds the gradients of the examples' loss to {@code gradients}. */
  Score learn(List<Example> examples, Parameters gradients) {
    var batch = new Batch(examples);
    Forward forward = forward(batch);
    Score score = forward.predictions().score();
    backward(batch, forward, gradients);
    return score;
  }

  /**
   * What a forward pass leaves.
   *
   * @param last the states of learned rows
   * @param normed the same, normed
   */
  private record Forward(float[] last, float[] normed, Predictions predictions) {}

  private Forward forward(Batch batch) {
    if (batch.longest() > shape.contextTokens()) {
      throw new IllegalArgumentException(
          batch.longest()
              + " tokens are more than the "
              + shape.contextTokens()
              + " of the window");
    }
    workspace.clear();
    int width = shape.width();
    float[] states = workspace.zeros(batch.size() * width);
    float[] embedding = parameters.of(Kind.EMBEDDING, 0).values();
    for (int row = 0; row < batch.size(); row++) {
      System.arraycopy(embedding, batch.token(row) * width, states, row * width, width);
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      states = attentions.get(layer).forward(batch, states);
      states = feeds.get(layer).forward(batch.size(), states);
    }
    int rows = batch.learned();
    float[] last = workspace.zeros(rows * width);
    for (int i = 0; i < rows; i++) {
      System.arraycopy(states, batch.learnedRow(i) * width, last, i * width, width);
    }
    float[] normed = workspace.zeros(rows * width);
    outputNorm.forward(rows, last, normed);
    float[] logits = workspace.zeros(rows * shape.vocabulary());
    head.forward(rows, normed, logits);
    float[] scratch = workspace.zeros(shape.vocabulary());
    return new Forward(last, normed, new Predictions(batch, shape.vocabulary(), logits, scratch));
  }

  private void backward(Batch batch, Forward forward, Parameters gradients) {
    int width = shape.width();
    int rows = batch.learned();
    float[] normErrors = workspace.zeros(rows * width);
    float[] lastErrors = workspace.zeros(rows * width);
    float[] logitErrors = forward.predictions().toGradients();
    head.backward(rows, forward.normed(), logitErrors, normErrors, gradients);
    outputNorm.backward(rows, forward.last(), normErrors, lastErrors, gradients);
    float[] errors = workspace.zeros(batch.size() * width);
    for (int i = 0; i < rows; i++) {
      System.arraycopy(lastErrors, i * width, errors, batch.learnedRow(i) * width, width);
    }
    for (int layer = shape.layers() - 1; layer >= 0; layer--) {
      feeds.get(layer).backward(batch.size(), errors, gradients);
      attentions.get(layer).backward(batch, errors, gradients);
    }
    float[] gradient = gradients.of(Kind.EMBEDDING, 0).values();
    for (int row = 0; row < batch.size(); row++) {
      int to = batch.token(row) * width;
      for (int i = 0; i < width; i++) {
        gradient[to + i] += errors[row * width + i];
      }
    }
  }
}
