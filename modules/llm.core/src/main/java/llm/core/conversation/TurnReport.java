package llm.core.conversation;

import java.util.Optional;
import java.util.OptionalDouble;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Usage;

/**
 * How a turn went (C-6). Times are milliseconds since the turn was taken up; a turn that was told
 * again has the answer's finish and usage, and no times.
 *
 * @param turn its id
 * @param finish why the answer ended; empty when it was interrupted
 * @param usage tokens, as the provider says
 * @param timeToFirstTokenMs to the first content of any kind; empty when there was none
 * @param firstAnswerMs to the first text that the user sees
 * @param responseTotalMs to the answer's end
 * @param contextRatioBefore the share of the room for prompts taken before the turn
 * @param contextRatioAfter the same after it
 * @param handoverMs how long after it was ready the conversation went on in a new context; empty
 *     when this turn brought no change
 * @param leftOutMessages messages that the model was not told, for the context was full
 * @param durable whether all of it survives this process; false while the store is away, and with a
 *     store in memory
 */
public record TurnReport(
    String turn,
    Optional<FinishReason> finish,
    Usage usage,
    OptionalDouble timeToFirstTokenMs,
    OptionalDouble firstAnswerMs,
    OptionalDouble responseTotalMs,
    double contextRatioBefore,
    double contextRatioAfter,
    OptionalDouble handoverMs,
    int leftOutMessages,
    boolean durable) {}
