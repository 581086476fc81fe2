package llm.core.tokens;

import com.knuddels.jtokkit.api.Encoding;
import java.util.List;
import java.util.function.Supplier;
import llm.domain.chat.Message;
import llm.domain.chat.ToolCall;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * Counts by a byte-pair encoding of OpenAI's. Special tokens in a text count as the text they are
 * written with.
 *
 * <p>The frame of a message is what OpenAI documents for its chat models
 * (https://developers.openai.com/cookbook/examples/how_to_count_tokens_with_tiktoken): three tokens
 * around each, one more for a name, and three that open the answer. For tool calls nothing is
 * documented; they are counted as their text in a frame of eight.
 */
final class JtokkitTokenCounter implements TokenCounter {
  private static final int PROMPT_FRAME_TOKENS = 3;
  private static final int MESSAGE_FRAME_TOKENS = 3;
  private static final int NAME_TOKENS = 1;
  private static final int CALL_FRAME_TOKENS = 8;
  private static final TokenCounter PLANNING = new TokenEstimator();

  private final Supplier<Encoding> encoding;

  /** A counter that asks for its encoding when it counts. */
  JtokkitTokenCounter(Supplier<Encoding> encoding) {
    this.encoding = encoding;
  }

  @Override
  public int countTokens(String text) {
    return text.isEmpty() ? 0 : encoding.get().countTokensOrdinary(text);
  }

  @Override
  public int countMessages(List<Message> messages) {
    int tokens = PROMPT_FRAME_TOKENS;
    for (Message message : messages) {
      tokens += MESSAGE_FRAME_TOKENS + countTokens(message.role().wireName());
      tokens += countTokens(message.text()) + countTokens(message.toolCallId().orElse(""));
      tokens += message.name().map(name -> NAME_TOKENS + countTokens(name)).orElse(0);
      for (ToolCall call : message.toolCalls()) {
        tokens +=
            CALL_FRAME_TOKENS + countTokens(call.name()) + countTokens(call.arguments().value());
      }
    }
    return tokens;
  }

  @Override
  public int estimateCompletionTokens(int promptTokens) {
    return PLANNING.estimateCompletionTokens(promptTokens);
  }
}
