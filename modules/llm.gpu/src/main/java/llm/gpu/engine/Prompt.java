package llm.gpu.engine;

import java.util.List;
import java.util.stream.Collectors;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.llama.ChatTemplate;
import llm.gpu.llama.Vocabulary;
import llm.gpu.llama.Vocabulary.Reading;

/**
 * Makes a prompt's tokens of messages.
 *
 * <p>With a chat template the whole prompt, message contents included, is read with special tokens:
 * {@code <|im_end|>} in a user's text ends the turn, as in llama.cpp's own server. Whoever may
 * write messages may therefore write turns; a gateway that mixes the words of several people into
 * one message has to remove such text itself. Without a template everything is plain text.
 */
final class Prompt {
  private Prompt() {}

  /**
   * The tokens of the request's messages, at least one.
   *
   * @throws LlmException when the template is not known, there is nothing to read, or the prompt
   *     leaves no room for an answer
   */
  static int[] tokens(LoadedModel loaded, ChatRequest request) throws LlmException {
    String model = request.model().value();
    Vocabulary vocabulary = loaded.model().vocabulary();
    int[] tokens =
        loaded.template().isPresent()
            ? vocabulary.tokenizePrompt(
                templated(loaded.template().get(), request), Reading.WITH_SPECIAL_TOKENS)
            : vocabulary.tokenizePrompt(plain(request.messages()), Reading.PLAIN);
    if (tokens.length == 0) {
      throw new LlmException(LlmError.InvalidRequest.at("messages", "The messages hold no text."));
    }
    int contextTokens = loaded.context().contextTokens();
    if (tokens.length >= contextTokens) {
      throw new LlmException(
          new LlmError.ContextLengthExceeded(model, tokens.length, contextTokens));
    }
    return tokens;
  }

  private static String plain(List<Message> messages) {
    return messages.stream().map(Message::text).collect(Collectors.joining("\n"));
  }

  private static String templated(ChatTemplate template, ChatRequest request) throws LlmException {
    List<ChatTemplate.Turn> turns =
        request.messages().stream()
            .map(message -> new ChatTemplate.Turn(message.role().wireName(), message.text()))
            .toList();
    return template
        .apply(turns)
        .orElseThrow(() ->
            new LlmException(
                new LlmError.ModelUnavailable(
                    request.model().value(),
                    "The chat template of model '"
                        + request.model()
                        + "' is not one of those that llama.cpp knows, and a guess would make a"
                        + " wrong prompt; use a conversion of the model with a known one.")));
  }
}
