package llm.core.schema;

/**
 * How much of a JSON text is read.
 *
 * @param depth levels of objects and arrays, 1 to 512
 * @param characters of the text, 1 or more
 * @param values strings, numbers, objects and so on together, 1 or more; each takes about a hundred
 *     bytes
 */
public record JsonLimits(int depth, long characters, int values) {
  /** What a model's answer may have: 64 levels, 4 Mi characters, 200,000 values. */
  public static final JsonLimits ANSWER = new JsonLimits(64, 4L << 20, 200_000);

  private static final int MOST_LEVELS = 512; // writing and checking a value recurses

  /** Rejects limits that let nothing in, and a depth that a thread's stack may not hold. */
  public JsonLimits {
    if (depth < 1 || depth > MOST_LEVELS || characters < 1 || values < 1) {
      throw new IllegalArgumentException(
          "depth must be 1 to %d, characters and values at least 1: %d, %d, %d"
              .formatted(MOST_LEVELS, depth, characters, values));
    }
  }
}
