package llm.core.context;

import java.util.List;
import llm.domain.chat.Message;

/**
 * What a turn asks the model.
 *
 * @param messages the prompt
 * @param leftOut messages that had no room, from the oldest on
 * @param promptTokens of the prompt, as near as is known
 * @param uncorrected the same by our counter alone, for {@link DualContext#calibrate}
 */
public record Plan(List<Message> messages, int leftOut, int promptTokens, long uncorrected) {}
