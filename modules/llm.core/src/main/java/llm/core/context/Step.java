package llm.core.context;

import java.util.List;
import llm.domain.chat.Message;

/**
 * What a warm-up does next.
 *
 * @param isQuestion whether it asks for another summary, because what came meanwhile would fill the
 *     next context at once; else it has the model read the beginning of that
 */
public record Step(List<Message> prompt, boolean isQuestion) {}
