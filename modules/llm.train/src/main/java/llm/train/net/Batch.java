package llm.train.net;

import java.util.Arrays;
import java.util.List;

/**
 * Examples laid end to end. Each reads all of its tokens but the last and predicts the next one;
 * only where that is learned is a prediction computed. Immutable.
 */
final class Batch {
  private final int[] tokens;
  private final int[] targets;
  private final int[] positions;
  private final float[] weights;
  private final int[] starts;
  private final int[] learned;

  Batch(List<Example> examples) {
    int size = examples.stream().mapToInt(example -> example.size() - 1).sum();
    tokens = new int[size];
    targets = new int[size];
    positions = new int[size];
    weights = new float[size];
    starts = new int[examples.size() + 1];
    int[] rows = new int[size];
    int row = 0;
    int count = 0;
    for (int e = 0; e < examples.size(); e++) {
      Example example = examples.get(e);
      for (int i = 0; i + 1 < example.size(); i++, row++) {
        tokens[row] = example.token(i);
        targets[row] = example.token(i + 1);
        positions[row] = i;
        weights[row] = example.weight(i + 1);
        if (weights[row] > 0) {
          rows[count++] = row;
        }
      }
      starts[e + 1] = row;
    }
    learned = Arrays.copyOf(rows, count);
  }

  /** Tokens that are read. */
  int size() {
    return tokens.length;
  }

  int token(int row) {
    return tokens[row];
  }

  /** Its place in its own example. */
  int position(int row) {
    return positions[row];
  }

  int examples() {
    return starts.length - 1;
  }

  /** The first row of an example; of one more than there are, the end. */
  int start(int example) {
    return starts[example];
  }

  int longest() {
    int longest = 0;
    for (int e = 0; e < examples(); e++) {
      longest = Math.max(longest, start(e + 1) - start(e));
    }
    return longest;
  }

  /** Rows whose successor is learned. */
  int learned() {
    return learned.length;
  }

  /** The row of a learned one. */
  int learnedRow(int index) {
    return learned[index];
  }

  /** What comes after a learned row. */
  int target(int index) {
    return targets[learned[index]];
  }

  /** How much that counts. */
  float weight(int index) {
    return weights[learned[index]];
  }
}
