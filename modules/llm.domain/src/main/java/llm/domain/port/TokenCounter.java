package llm.domain.port;

import java.util.List;
import llm.domain.chat.Message;

/**
 * Counts tokens as some tokenizer would. Thread-safe; may be slow for large texts, never blocks.
 */
public interface TokenCounter {

  /** Tokens of {@code text}; 0 for the empty text. */
  int countTokens(String text);

  /** Tokens of the messages as a prompt, the frame around each message included. */
  int countMessages(List<Message> messages);

  /** A guess at the tokens of the answer to a prompt of {@code promptTokens}; for planning only. */
  int estimateCompletionTokens(int promptTokens);
}
