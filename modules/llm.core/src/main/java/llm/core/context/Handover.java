package llm.core.context;

/**
 * A change of context.
 *
 * @param summary what the new one begins with
 * @param ledger all of it
 * @param kept messages before this turn's that went on word by word
 * @param sinceReady nanoseconds since it was ready
 */
public record Handover(String summary, Ledger ledger, int kept, long sinceReady) {}
