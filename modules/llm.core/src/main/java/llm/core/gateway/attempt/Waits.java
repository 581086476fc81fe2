package llm.core.gateway.attempt;

import java.time.Duration;

/**
 * How long the consumer of a stream may wait.
 *
 * @param firstToken for the first token, the provider's acceptance included
 * @param idle for any later event
 */
public record Waits(Duration firstToken, Duration idle) {}
