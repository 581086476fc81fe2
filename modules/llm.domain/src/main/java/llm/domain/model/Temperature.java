package llm.domain.model;

/**
 * How freely a model chooses: 0.0 always takes the likeliest token, 2.0 is the most random.
 *
 * @param value 0.0 to 2.0
 */
public record Temperature(double value) {
  /** Rejects values outside 0.0 to 2.0, and NaN. */
  public Temperature {
    if (!(value >= 0.0 && value <= 2.0)) {
      throw new IllegalArgumentException("temperature " + value + " must be 0.0 to 2.0");
    }
  }
}
