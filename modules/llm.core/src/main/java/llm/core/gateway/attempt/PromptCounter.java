package llm.core.gateway.attempt;

import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * Counts a prompt exactly only where it matters. A token is at least one byte of UTF-8, so where
 * bytes and answer together fit the window, the prompt fits for certain and an estimate will do;
 * tokenising a long prompt costs milliseconds, this costs microseconds.
 */
final class PromptCounter implements TokenCounter {
  /** More than any counter takes for the frame of a message, a call or a tool. */
  private static final int MOST_FRAME_TOKENS = 16;

  private static final int MOST_BYTES_PER_CHAR = 3;
  private static final TokenCounter ESTIMATE = new TokenEstimator();

  private final Route route;
  private final TokenCounter exact;
  private int counted;

  /** A counter for requests on {@code route}, with {@code exact} for the close calls. */
  PromptCounter(Route route, TokenCounter exact) {
    this.route = route;
    this.exact = exact;
  }

  /** What {@link #countPrompt} answered last; 0 before. */
  int counted() {
    return counted;
  }

  @Override
  public int countPrompt(ChatRequest request) {
    counted = count(request);
    return counted;
  }

  private int count(ChatRequest request) {
    int estimate = ESTIMATE.countPrompt(request);
    int window = route.spec().contextTokens();
    if (route.counts()) {
      return Math.min(estimate, window - 1); // whether it fits is for the provider to say
    }
    int asked = request.maxTokens().orElse(Integer.MAX_VALUE);
    long answer = Math.min(asked, route.spec().maxOutputTokens());
    if (fits(request, window - answer)) {
      return estimate;
    }
    return exact.countPrompt(request);
  }

  @Override
  public int countTokens(String text) {
    return exact.countTokens(text);
  }

  @Override
  public int countMessages(List<Message> messages) {
    return exact.countMessages(messages);
  }

  @Override
  public int estimateCompletionTokens(int promptTokens) {
    return exact.estimateCompletionTokens(promptTokens);
  }

  /** Whether the prompt takes no more than {@code room}, whatever the tokenizer. */
  private static boolean fits(ChatRequest request, long room) {
    long most = MOST_FRAME_TOKENS;
    for (Message message : request.messages()) {
      most += MOST_FRAME_TOKENS + bytes(message.text(), room - most);
      most += bytes(message.name().orElse(""), room) + bytes(message.toolCallId().orElse(""), room);
      for (ToolCall call : message.toolCalls()) {
        most += MOST_FRAME_TOKENS + bytes(call.name(), room);
        most += bytes(call.arguments().value(), room - most);
      }
    }
    for (ToolDefinition tool : request.tools()) {
      most += MOST_FRAME_TOKENS + bytes(tool.name(), room);
      most += bytes(tool.description().orElse(""), room - most);
      most += bytes(tool.parameters().value(), room - most);
    }
    return most <= room;
  }

  /** UTF-8 bytes of the text, or a quick upper bound where even that leaves room. */
  private static long bytes(String text, long room) {
    long most = (long) text.length() * MOST_BYTES_PER_CHAR;
    if (most <= room / MOST_BYTES_PER_CHAR) {
      return most;
    }
    long bytes = 0;
    for (int index = 0; index < text.length(); index++) {
      char c = text.charAt(index);
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }
}
