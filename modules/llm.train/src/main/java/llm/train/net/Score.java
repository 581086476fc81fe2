package llm.train.net;

/**
 * How well tokens were predicted.
 *
 * @param loss the sum of their surprises in nats, each by its weight
 * @param weight the sum of the weights
 * @param right how many were the likeliest
 * @param count how many there were
 */
public record Score(double loss, double weight, int right, int count) {
  /** Nothing predicted. */
  public static final Score NONE = new Score(0, 0, 0, 0);

  /** Both together. */
  public Score plus(Score other) {
    return new Score(
        loss + other.loss, weight + other.weight, right + other.right, count + other.count);
  }

  /** Mean loss of a weight of 1; 0 of nothing. */
  public double meanLoss() {
    return weight == 0 ? 0 : loss / weight;
  }

  /** The share of tokens that were the likeliest, 0 to 1. */
  public double accuracy() {
    return count == 0 ? 0 : (double) right / count;
  }
}
