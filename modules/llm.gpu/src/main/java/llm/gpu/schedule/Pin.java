package llm.gpu.schedule;

/**
 * A wish to keep a prompt in memory.
 *
 * @param id its name, to take it back by
 * @param untilNanos when it ends by itself, on the monotonic clock
 */
public record Pin(String id, long untilNanos) {}
