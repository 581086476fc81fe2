package llm.gpu.schedule;

import java.time.Duration;

/**
 * How many tokens of prompts one step may compute: as many as take the target while others' answers
 * stream, and {@link #ALONE} times that where a step holds up nobody but other prompts. Learns from
 * the steps that were computed. One thread.
 */
public final class ChunkSize {
  /** Below this a step costs nearly as much as at this size. */
  public static final int MIN_TOKENS = 32;

  public static final int ALONE = 5;

  private static final int UNKNOWN_TOKENS = 64; // the first chunk, when nothing is known yet
  private static final double SMOOTHING = 0.3;

  private final double targetNanos;
  private final int batchTokens;
  private double nanosPerToken; // 0: not known yet

  public ChunkSize(Duration target, int batchTokens) {
    this.targetNanos = target.toNanos();
    this.batchTokens = batchTokens;
  }

  /**
   * Tokens for the next step, 1 to the batch's.
   *
   * @param othersStream whether answers wait for the step
   */
  public int next(boolean othersStream) {
    double nanos = othersStream ? targetNanos : targetNanos * ALONE;
    double tokens = nanosPerToken == 0 ? UNKNOWN_TOKENS : nanos / nanosPerToken;
    return (int) Math.min(batchTokens, Math.max(MIN_TOKENS, tokens));
  }

  /** Learns that a step of {@code tokens} took {@code nanos}; small ones tell nothing. */
  public void took(int tokens, long nanos) {
    if (tokens >= MIN_TOKENS) {
      double seen = (double) nanos / tokens;
      nanosPerToken += nanosPerToken == 0 ? seen : SMOOTHING * (seen - nanosPerToken);
    }
  }

  /** How long {@code tokens} will take, in nanoseconds; 0 when not known yet. */
  public double estimate(int tokens) {
    return nanosPerToken * tokens;
  }
}
