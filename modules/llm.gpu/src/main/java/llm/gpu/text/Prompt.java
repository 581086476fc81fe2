package llm.gpu.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import llm.core.dialect.prediction.PredictionField;
import llm.core.template.ConversationTemplate;
import llm.core.template.RenderedPrompt;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.gpu.llama.ChatTemplate;
import llm.gpu.llama.ChatTemplate.Ending;
import llm.gpu.llama.Vocabulary;
import llm.gpu.llama.Vocabulary.Reading;

/**
 * Makes a prompt's tokens of messages.
 *
 * <p>With a chat template, run here or by llama.cpp's forms, only the template writes control
 * tokens: a message that holds the text {@code <|im_end|>} is read as that text and ends no turn. A
 * prompt whose messages name no control token is read in one piece, exactly as llama.cpp reads it.
 * Where one does, that message is read by itself and plainly; only if the template does not put
 * each message once and in order, which none of the common ones does, is the whole prompt read with
 * control tokens all the same. Without a template everything is plain text.
 */
public final class Prompt {
  private static final int[] NONE = {};

  private final Vocabulary vocabulary;
  private final Conversations conversations;
  private final int contextTokens;

  /**
   * Prompts for one model. Any platform thread.
   *
   * @param conversations how its conversations look
   * @param contextTokens its window
   */
  public Prompt(Vocabulary vocabulary, Conversations conversations, int contextTokens) {
    this.vocabulary = vocabulary;
    this.conversations = conversations;
    this.contextTokens = contextTokens;
  }

  /**
   * The tokens of the request's messages, at least one.
   *
   * @param ending how the prompt ends
   * @throws LlmException when the template is not known, there is nothing to read, or the prompt
   *     leaves no room for an answer
   */
  public int[] tokens(ChatRequest request, Ending ending) throws LlmException {
    String model = request.model().value();
    int[] tokens =
        switch (conversations) {
          case Conversations.Own own -> rendered(own.of(request), request, ending);
          case Conversations.BuiltIn(ChatTemplate template) ->
              templated(template, vocabulary, request, ending);
          case Conversations.Plain _ ->
              vocabulary.tokenizePrompt(plain(request.messages()), Reading.PLAIN);
          case Conversations.Unreadable(String problem) ->
              throw new LlmException(new LlmError.ModelUnavailable(model, problem));
        };
    if (tokens.length == 0) {
      throw new LlmException(LlmError.InvalidRequest.at("messages", "The messages hold no text."));
    }
    if (tokens.length >= contextTokens) {
      throw new LlmException(
          new LlmError.ContextLengthExceeded(model, tokens.length, contextTokens));
    }
    return tokens;
  }

  /** The tokens that the answer is expected to repeat, a window of them at most; often none. */
  public int[] predicted(ChatRequest request) {
    Optional<String> text = PredictionField.in(request).filter(some -> !some.isEmpty());
    if (text.isEmpty()) {
      return NONE;
    }
    int[] tokens = vocabulary.tokenize(text.get());
    return tokens.length <= contextTokens ? tokens : Arrays.copyOf(tokens, contextTokens);
  }

  private static String plain(List<Message> messages) {
    return messages.stream().map(Message::text).collect(Collectors.joining("\n"));
  }

  private int[] rendered(ConversationTemplate template, ChatRequest request, Ending ending)
      throws LlmException {
    RenderedPrompt prompt =
        template.render(
            request,
            switch (ending) {
              case ANSWER -> ConversationTemplate.Ending.ANSWER;
              case OPEN -> ConversationTemplate.Ending.OPEN;
            });
    return readParts(prompt.parts(), vocabulary);
  }

  private static int[] templated(
      ChatTemplate template, Vocabulary vocabulary, ChatRequest request, Ending ending)
      throws LlmException {
    List<ChatTemplate.Turn> turns =
        request.messages().stream()
            .map(message -> new ChatTemplate.Turn(message.role().wireName(), message.text()))
            .toList();
    String prompt =
        template
            .apply(turns, ending)
            .orElseThrow(() ->
                new LlmException(
                    new LlmError.ModelUnavailable(
                        request.model().value(),
                        "The chat template of model '"
                            + request.model()
                            + "' is not one of those that llama.cpp knows, and a guess would make a"
                            + " wrong prompt; use a conversion of the model with a known one.")));
    return read(template, turns, prompt, vocabulary, ending);
  }

  /** The tokens of {@code prompt}, which the template made of the turns. */
  public static int[] read(
      ChatTemplate template,
      List<ChatTemplate.Turn> turns,
      String prompt,
      Vocabulary vocabulary,
      Ending ending) {
    boolean ordinary =
        turns.stream().noneMatch(turn -> vocabulary.namesControlToken(turn.content()));
    Optional<List<String>> parts =
        ordinary ? Optional.empty() : template.cut(turns, prompt, ending);
    return parts.isEmpty()
        ? vocabulary.tokenizePrompt(prompt, Reading.WITH_SPECIAL_TOKENS)
        : readParts(parts.get(), vocabulary);
  }

  private static int[] readParts(List<String> parts, Vocabulary vocabulary) {
    List<String> runs = runs(parts, vocabulary);
    var tokens = IntStream.builder();
    for (int i = 0; i < runs.size(); i++) {
      Reading reading = i % 2 == 0 ? Reading.WITH_SPECIAL_TOKENS : Reading.PLAIN;
      int[] run =
          i == 0
              ? vocabulary.tokenizePrompt(runs.get(i), reading)
              : vocabulary.tokenize(runs.get(i), reading);
      IntStream.of(run).forEach(tokens);
    }
    return tokens.build().toArray();
  }

  /**
   * The same text, by turns of what may hold control tokens and contents that may not. Only
   * contents that name one stand alone: at a cut, tokens do not join and some tokenizers add a
   * space.
   */
  private static List<String> runs(List<String> parts, Vocabulary vocabulary) {
    List<String> runs = new ArrayList<>();
    var trusted = new StringBuilder();
    for (int i = 0; i < parts.size(); i++) {
      boolean isContent = i % 2 == 1;
      if (isContent && vocabulary.namesControlToken(parts.get(i))) {
        runs.add(trusted.toString());
        runs.add(parts.get(i));
        trusted.setLength(0);
      } else {
        trusted.append(parts.get(i));
      }
    }
    runs.add(trusted.toString());
    return runs;
  }
}
