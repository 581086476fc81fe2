package llm.gpu.schedule;

import java.time.Duration;

/**
 * How many tokens of prompts one step may compute: as many as take the target while others' answers
 * stream, and {@link #ALONE} times that where a step holds up nobody but other prompts. Learns from
 * the steps that were computed.
 *
 * <p>A step is {@link #ROW_TOKENS} tokens or a multiple of it, with those of the answers: llama.cpp
 * multiplies matrices in tiles, and tokens beside whole tiles cost more each. Where that would take
 * too long, it is a half or a quarter of it. One thread.
 */
public final class ChunkSize {
  /** What a step is a multiple of. */
  public static final int ROW_TOKENS = 64;

  /** The smallest step that prompts are read in. */
  public static final int MIN_TOKENS = 16;

  static final int ALONE = 5;

  private static final double SMOOTHING = 0.3;

  private final double targetNanos;
  private final int batchTokens;
  private double nanosPerToken; // 0: not known yet

  /** Chunks of at most {@code batchTokens}. */
  public ChunkSize(Duration target, int batchTokens) {
    this.targetNanos = target.toNanos();
    this.batchTokens = batchTokens;
  }

  /**
   * Tokens of prompts for the next step, 1 or more.
   *
   * @param streaming answers that stream: each has a token in the step, and waits for it
   */
  public int next(int streaming) {
    int step = Math.min(batchTokens, streaming > 0 ? whileOthersWait() : alone());
    return Math.max(
        step - streaming, Math.max(1, Math.min(MIN_TOKENS / 2, batchTokens - streaming)));
  }

  private int alone() {
    return Math.max(ROW_TOKENS, rows(targetNanos * ALONE));
  }

  private int whileOthersWait() {
    int rows = rows(targetNanos);
    if (rows > 0) {
      return rows;
    }
    return targetNanos >= nanosPerToken * (ROW_TOKENS / 2) ? ROW_TOKENS / 2 : MIN_TOKENS;
  }

  /** The multiple of {@link #ROW_TOKENS} that takes at most so long. */
  private int rows(double nanos) {
    double tokens = nanosPerToken == 0 ? ROW_TOKENS : nanos / nanosPerToken;
    return (int) Math.min(batchTokens, tokens) / ROW_TOKENS * ROW_TOKENS;
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
