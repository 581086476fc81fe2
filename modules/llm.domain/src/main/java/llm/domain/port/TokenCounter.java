package llm.domain.port;

import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.ToolDefinition;

/**
 * Counts tokens as some tokenizer would. Thread-safe; may be slow for large texts, never blocks.
 */
public interface TokenCounter {
  /** What the default of {@link #countTools} takes for the frame around one tool. */
  int TOOL_FRAME_TOKENS = 8;

  /** Tokens of {@code text}; 0 for the empty text. */
  int countTokens(String text);

  /**
   * Tokens of the messages as a prompt, the frame around each message included. No messages have
   * what the frame of the prompt itself takes; each message adds its own tokens to that, whatever
   * stands beside it.
   */
  int countMessages(List<Message> messages);

  /**
   * Tokens of the tools as part of a prompt. Vendors do not publish the form they give to tools;
   * the default counts name, description and schema, and {@link #TOOL_FRAME_TOKENS} around each.
   */
  default int countTools(List<ToolDefinition> tools) {
    int tokens = 0;
    for (ToolDefinition tool : tools) {
      tokens +=
          TOOL_FRAME_TOKENS
              + countTokens(tool.name())
              + countTokens(tool.description().orElse(""))
              + countTokens(tool.parameters().value());
    }
    return tokens;
  }

  /** Tokens of the whole prompt: messages and tools. */
  default int countPrompt(ChatRequest request) {
    return countMessages(request.messages()) + countTools(request.tools());
  }

  /** A guess at the tokens of the answer to a prompt of {@code promptTokens}; for planning only. */
  int estimateCompletionTokens(int promptTokens);
}
