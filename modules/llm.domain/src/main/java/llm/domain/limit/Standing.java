package llm.domain.limit;

import java.time.Duration;

/**
 * How one limit stands after a request was let in or refused.
 *
 * @param rule whose limit it is
 * @param measure what is counted
 * @param limit how much there may be
 * @param remaining how much is left, 0 or more
 * @param reset when all of it is there again if nobody asks; zero where it is
 */
public record Standing(String rule, Measure measure, long limit, long remaining, Duration reset) {}
