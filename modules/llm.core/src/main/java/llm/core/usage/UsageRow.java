package llm.core.usage;

import java.time.LocalDate;

/**
 * What one key took of one model on one day of UTC.
 *
 * @param key the API key's name; {@link UsageLedger#OWN_WORK} for what the server did by itself
 * @param model which answered; of what nobody answered, the one that was asked for
 */
public record UsageRow(LocalDate day, String key, String model, UsageCounts counts) {}
