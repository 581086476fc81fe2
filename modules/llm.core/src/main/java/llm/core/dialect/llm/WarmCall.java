package llm.core.dialect.llm;

import java.time.Duration;
import llm.domain.chat.ChatRequest;

/**
 * What a body asks to be kept warm.
 *
 * @param prefix the messages that later requests begin with, and how urgent the reading is
 * @param keep for how long
 */
public record WarmCall(ChatRequest prefix, Duration keep) {}
