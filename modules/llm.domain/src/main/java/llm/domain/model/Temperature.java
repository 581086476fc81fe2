package llm.domain.model;

/**
 * How freely a model chooses: 0.0 always takes the likeliest token, 2.0 is the most random. Each
 * value is exactly one of conservative, balanced and creative.
 *
 * @param value 0.0 to 2.0
 */
public record Temperature(double value) {
  /** The least legal value. */
  public static final double MIN = 0.0;

  /** The greatest legal value. */
  public static final double MAX = 2.0;

  private static final double CONSERVATIVE_UP_TO = 0.3;
  private static final double CREATIVE_FROM = 0.9;

  /** Rejects values outside 0.0 to 2.0, and NaN. */
  public Temperature {
    if (!(value >= MIN && value <= MAX)) {
      throw new IllegalArgumentException("temperature " + value + " must be " + MIN + " to " + MAX);
    }
    value += 0.0; // -0.0 becomes 0.0, so that equal values are equal records
  }

  /** 0.2, for code, extraction and tool calls. */
  public static Temperature conservative() {
    return new Temperature(0.2);
  }

  /** 0.7, for conversation. */
  public static Temperature balanced() {
    return new Temperature(0.7);
  }

  /** 1.0, for writing. */
  public static Temperature creative() {
    return new Temperature(1.0);
  }

  /** 2.0, the most random that is legal. */
  public static Temperature maximum() {
    return new Temperature(MAX);
  }

  /** At most 0.3. */
  public boolean isConservative() {
    return value <= CONSERVATIVE_UP_TO;
  }

  /** More than 0.3 and less than 0.9. */
  public boolean isBalanced() {
    return !isConservative() && !isCreative();
  }

  /** At least 0.9. */
  public boolean isCreative() {
    return value >= CREATIVE_FROM;
  }
}
