package llm.train;

import llm.train.net.NetShape;

/**
 * All that decides what a training makes of a corpus.
 *
 * @param seed of the first weights and of the dialogues
 * @param steps how often the weights change
 * @param batch dialogues of a step
 * @param peakRate the highest learning rate
 * @param decay how much weights shrink with each step, of its rate
 * @param wholePercent how many dialogues are learned to their ends; of the others, only how the
 *     last answer begins: what follows is soon known by heart
 * @param skipPercent how many merges of tokens are left out when a question is read to be learned
 * @param vocabularySample dialogues that the vocabulary is learned from
 * @param heldOut dialogues that the result is judged by
 * @param shape of the network
 */
record Recipe(
    long seed,
    int steps,
    int batch,
    double peakRate,
    double decay,
    int wholePercent,
    int skipPercent,
    int vocabularySample,
    int heldOut,
    NetShape shape) {
  static final long DEFAULT_SEED = 1;
  static final int DEFAULT_STEPS = 10_000;
  static final int MAX_STEPS = 1_000_000;

  /** The recipe of the model that ships. */
  static Recipe builtin(long seed, int steps) {
    var shape = new NetShape(2_048, 160, 4, 416, 1_024);
    return new Recipe(seed, steps, 24, 3e-3, 0.05, 10, 5, 20_000, 400, shape);
  }

  Schedule schedule() {
    return new Schedule(steps, Math.min(100, Math.max(1, steps / 10)), peakRate);
  }
}
