package llm.core.resilience;

import java.time.Duration;

/**
 * When a breaker opens and closes.
 *
 * @param failures so many in a row open it, 1 or more
 * @param open how long nobody is let through then
 * @param trials how many are let through at once after that, until one says how it is
 */
public record BreakerSettings(int failures, Duration open, int trials) {}
