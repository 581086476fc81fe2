package llm.core.dialect.openai;

import llm.domain.chat.ChatRequest;

/**
 * What a chat completion body asks for.
 *
 * @param request the request, its model resolved
 * @param stream whether the answer is wanted as a stream
 * @param includeUsage whether the stream's last chunk is to carry the usage
 */
public record ChatCall(ChatRequest request, boolean stream, boolean includeUsage) {}
