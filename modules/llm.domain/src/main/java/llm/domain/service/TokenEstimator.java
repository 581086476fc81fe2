package llm.domain.service;

import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.chat.ToolDefinition;
import llm.domain.model.TokenLimit;
import llm.domain.port.TokenCounter;

/**
 * Guesses tokens where the tokenizer is not known: four characters are one token. A character is a
 * Unicode code point.
 *
 * <p>English prose and program text come close to it. Other scripts take more, in older encodings
 * most of all: Cyrillic and Arabic up to a few times the guess, Chinese and Japanese several times.
 * So leave room for what is not Latin, or count by the encoding.
 *
 * <p>Stateless, thread-safe; takes time in proportion to the text.
 */
public final class TokenEstimator implements TokenCounter {
  private static final int CHARACTERS_PER_TOKEN = 4;

  /** Around each message: its role and its delimiters. */
  private static final int MESSAGE_FRAME_TOKENS = 4;

  /** Around the prompt: what makes the model answer. */
  private static final int PROMPT_FRAME_TOKENS = 3;

  /** Around each tool call: its id and its delimiters. */
  private static final int CALL_FRAME_TOKENS = 8;

  private static final int MIN_COMPLETION_TOKENS = 64;
  private static final int MAX_COMPLETION_TOKENS = 1_024;

  @Override
  public int countTokens(String text) {
    int characters = text.codePointCount(0, text.length());
    return Math.ceilDiv(characters, CHARACTERS_PER_TOKEN);
  }

  @Override
  public int countMessages(List<Message> messages) {
    int tokens = PROMPT_FRAME_TOKENS;
    for (Message message : messages) {
      tokens += MESSAGE_FRAME_TOKENS + countTokens(message.text());
      tokens += countTokens(message.name().orElse(""));
      tokens += countTokens(message.toolCallId().orElse(""));
      for (ToolCall call : message.toolCalls()) {
        tokens +=
            CALL_FRAME_TOKENS + countTokens(call.name()) + countTokens(call.arguments().value());
      }
    }
    return tokens;
  }

  /** Half of the prompt, but 64 to 1,024. */
  @Override
  public int estimateCompletionTokens(int promptTokens) {
    return Math.clamp(promptTokens / 2, MIN_COMPLETION_TOKENS, MAX_COMPLETION_TOKENS);
  }

  /** Tokens of the messages as a prompt. */
  public int estimateMessages(List<Message> messages) {
    return countMessages(messages);
  }

  /** Tokens of the tools as part of a prompt. */
  public int estimateTools(List<ToolDefinition> tools) {
    return countTools(tools);
  }

  /** Tokens of the whole prompt. */
  public int estimateTotal(ChatRequest request) {
    return countPrompt(request);
  }

  /** Whether the prompt, and the answer as far as the request limits it, take more than this. */
  public boolean willExceedLimit(ChatRequest request, TokenLimit limit) {
    return (long) estimateTotal(request) + request.maxTokens().orElse(0) > limit.value();
  }
}
