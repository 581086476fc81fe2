package llm.gpu.text;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import java.util.function.Supplier;

/**
 * Looks at the first place of an answer: where the model's likeliest token is not likely enough,
 * the fallback is said in its place. The model reads its tokens one by one as if it had chosen
 * them, so that they are counted, cut and remembered as any answer is. One generation; one thread.
 */
public final class UnsureAnswer {
  private static final int[] SURE = {};

  private final double minProbability;
  private final Supplier<int[]> fallback;
  private int[] said; // null before the first place
  private int count; // of them that were taken

  /**
   * Watches an answer that has not begun.
   *
   * @param minProbability of the likeliest first token, as the model has it: before temperature,
   *     penalties and bias
   * @param fallback its tokens; asked for when they are wanted
   */
  UnsureAnswer(double minProbability, Supplier<int[]> fallback) {
    this.minProbability = minProbability;
    this.fallback = fallback;
  }

  /**
   * The token to take; empty where the model chooses. Each is taken.
   *
   * @param logits [vocabulary] floats of the place
   */
  public OptionalInt next(MemorySegment logits) {
    if (said == null) {
      said = likeliest(logits) < minProbability ? fallback.get() : SURE;
    }
    return count < said.length ? OptionalInt.of(said[count++]) : OptionalInt.empty();
  }

  /** Whether the fallback is said. */
  public boolean isGiven() {
    return said != null && said.length > 0;
  }

  /** Whether it was said to its end. */
  public boolean isOver() {
    return isGiven() && count == said.length;
  }

  /** The probability of the likeliest token; not a number where the logits are none. */
  private static double likeliest(MemorySegment logits) {
    long tokens = logits.byteSize() / Float.BYTES;
    float largest = Float.NEGATIVE_INFINITY;
    for (long token = 0; token < tokens; token++) {
      largest = Math.max(largest, logits.getAtIndex(JAVA_FLOAT, token));
    }
    double sum = 0;
    for (long token = 0; token < tokens; token++) {
      sum += Math.exp(logits.getAtIndex(JAVA_FLOAT, token) - largest);
    }
    return 1 / sum;
  }
}
