package llm.core.resilience;

import java.time.Duration;

/**
 * How often and when a provider is asked again for what it could not do.
 *
 * @param attempts how often one request may ask one target in all, 1 or more
 * @param base the longest first pause; each further one is twice as long
 * @param cap no pause drawn is longer
 * @param longestWait a provider that wants to be left alone for longer is not waited for
 * @param on500 whether 500 is such a case
 * @param on502 whether 502 is
 * @param share of a retry that each first attempt pays into the budget
 * @param reserve retries that are there when nothing was paid in yet
 */
public record RetrySettings(
    int attempts,
    Duration base,
    Duration cap,
    Duration longestWait,
    boolean on500,
    boolean on502,
    double share,
    int reserve) {

  /** The same with so many attempts. */
  RetrySettings withAttempts(int most) {
    return new RetrySettings(most, base, cap, longestWait, on500, on502, share, reserve);
  }
}
