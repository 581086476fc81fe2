package llm.core.dialect.completions;

import java.util.Optional;
import llm.domain.chat.ChatRequest;

/**
 * What a completion body asks for.
 *
 * @param request the request, its model resolved; the prompt is its one message
 * @param echo the prompt, where the answer is to begin with it
 * @param stream whether the answer is wanted as a stream
 * @param includeUsage whether the stream's last chunk is to carry the usage
 */
public record CompletionCall(
    ChatRequest request, Optional<String> echo, boolean stream, boolean includeUsage) {}
