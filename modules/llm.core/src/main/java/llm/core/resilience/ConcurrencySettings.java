package llm.core.resilience;

import java.time.Duration;

/**
 * How many requests may be at one provider at once.
 *
 * @param most 0: any number
 * @param queued how many more may wait for their turn
 * @param longestWait how long one of them may
 */
public record ConcurrencySettings(int most, int queued, Duration longestWait) {}
