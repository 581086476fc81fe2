package llm.core.usage;

/**
 * Sums.
 *
 * @param requests that were let in, cached answers among them
 * @param failures how many of them ended with an error, or were broken off
 * @param refusals requests that a limit refused; not among {@code requests}
 * @param cacheHits how many of the requests were answered from the response cache
 * @param promptTokens of all attempts
 * @param completionTokens of all attempts
 * @param cachedTokens how many of the prompt's tokens came from a provider's cache
 * @param nanoDollars in billionths of a US dollar
 */
public record UsageCounts(
    long requests,
    long failures,
    long refusals,
    long cacheHits,
    long promptTokens,
    long completionTokens,
    long cachedTokens,
    long nanoDollars) {
  /** How many numbers there are. */
  static final int SIZE = 8;

  /** Nothing. */
  public static final UsageCounts NONE = new UsageCounts(0, 0, 0, 0, 0, 0, 0, 0);

  /** Of {@link #numbers}. */
  public static UsageCounts of(long... numbers) {
    return new UsageCounts(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        numbers[4],
        numbers[5],
        numbers[6],
        numbers[7]);
  }

  /** All of them in the order of the components. */
  public long[] numbers() {
    return new long[] {
      requests,
      failures,
      refusals,
      cacheHits,
      promptTokens,
      completionTokens,
      cachedTokens,
      nanoDollars
    };
  }

  /** Both together. */
  public UsageCounts plus(UsageCounts other) {
    return combined(other, 1);
  }

  /** Without those of {@code other}. */
  public UsageCounts minus(UsageCounts other) {
    return combined(other, -1);
  }

  private UsageCounts combined(UsageCounts other, int sign) {
    long[] sums = numbers();
    long[] more = other.numbers();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += sign * more[i];
    }
    return of(sums);
  }
}
