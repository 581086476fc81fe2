package llm.domain.limit;

/**
 * What a request wants of one limit.
 *
 * @param measure what is counted
 * @param limit how much there may be, 0 or more
 * @param amount how much is wanted, 0 or more
 */
public record Claim(Measure measure, long limit, long amount) {}
