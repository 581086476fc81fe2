package llm.train.net;

import llm.train.net.Exponential.Terms;

/**
 * What a network expects after each learned row of a batch. Valid until the network's next pass.
 * Not thread-safe.
 */
public final class Predictions {
  private final Batch batch;
  private final int vocabulary;
  private final float[] logits;
  private final int[] likeliest;
  private final double[] logSums;

  Predictions(Batch batch, int vocabulary, float[] logits, float[] scratch) {
    this.batch = batch;
    this.vocabulary = vocabulary;
    this.logits = logits;
    this.likeliest = new int[batch.learned()];
    this.logSums = new double[batch.learned()];
    for (int row = 0; row < likeliest.length; row++) {
      summarize(row, scratch);
    }
  }

  private void summarize(int row, float[] scratch) {
    int from = row * vocabulary;
    int best = 0;
    for (int token = 1; token < vocabulary; token++) {
      if (logits[from + token] > logits[from + best]) {
        best = token;
      }
    }
    float most = logits[from + best];
    Exponential.of(logits, from, vocabulary, new Terms(most, 1f), scratch, 0);
    double sum = 0;
    for (int token = 0; token < vocabulary; token++) {
      sum += scratch[token];
    }
    likeliest[row] = best;
    logSums[row] = most + StrictMath.log(sum);
  }

  /** Learned rows, in the order of the examples. */
  public int rows() {
    return likeliest.length;
  }

  /** The network's own number for a token, before it is made a probability. */
  public float logit(int row, int token) {
    return logits[row * vocabulary + token];
  }

  /** The token that is expected most. */
  public int likeliest(int row) {
    return likeliest[row];
  }

  /** How probable a token is, 0 to 1. */
  public double probability(int row, int token) {
    return StrictMath.exp(logit(row, token) - logSums[row]);
  }

  /** The token that really comes. */
  public int target(int row) {
    return batch.target(row);
  }

  /** How well the tokens that really come were predicted. */
  public Score score() {
    double loss = 0;
    double weight = 0;
    int right = 0;
    for (int row = 0; row < rows(); row++) {
      loss += batch.weight(row) * (logSums[row] - logit(row, target(row)));
      weight += batch.weight(row);
      right += likeliest[row] == target(row) ? 1 : 0;
    }
    return new Score(loss, weight, right, rows());
  }

  /** Makes the logits the gradients of the loss by them; after this only they are left. */
  float[] toGradients() {
    for (int row = 0; row < rows(); row++) {
      int from = row * vocabulary;
      float weight = batch.weight(row);
      Exponential.of(logits, from, vocabulary, new Terms((float) logSums[row], 1f), logits, from);
      for (int i = from; i < from + vocabulary; i++) {
        logits[i] *= weight;
      }
      logits[from + target(row)] -= weight;
    }
    return logits;
  }
}
