package llm.train.corpus;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Several phrases, taken by lot: one with many forms more often than one with few, though not as
 * much as it has more forms. Immutable.
 */
final class Phrases {
  private static final int LEAST_WEIGHT = 4;

  private final List<Phrase> all;
  private final int[] ends; // where the share of each phrase ends; the last is the sum

  Phrases(List<Phrase> all) {
    this.all = List.copyOf(all);
    this.ends = new int[all.size()];
    int sum = 0;
    for (int i = 0; i < ends.length; i++) {
      sum += LEAST_WEIGHT + Long.SIZE - Long.numberOfLeadingZeros(all.get(i).forms());
      ends[i] = sum;
    }
  }

  List<Phrase> all() {
    return all;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** A surface form by lot. */
  String pick(RandomGenerator random) {
    int lot = random.nextInt(ends[ends.length - 1]);
    int chosen = 0;
    while (ends[chosen] <= lot) {
      chosen++;
    }
    return all.get(chosen).pick(random);
  }
}
