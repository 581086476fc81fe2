package llm.core.dialect.anthropic;

import llm.domain.chat.ChatRequest;

/**
 * What a body of the Messages dialect asks for.
 *
 * @param request the request, its model resolved
 * @param stream whether the answer is wanted as a stream
 */
public record MessagesCall(ChatRequest request, boolean stream) {}
