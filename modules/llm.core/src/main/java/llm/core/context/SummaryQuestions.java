package llm.core.context;

import java.util.List;
import java.util.Optional;
import llm.domain.chat.Message;

/** Asks for summaries of as much of a context as a prompt has room for. One thread at a time. */
final class SummaryQuestions {
  private static final int SHARE = 16; // of the window, each time a question is too long

  private final Window window;
  private final ContextPrompts prompts;
  private int reserve; // tokens that questions have to be shorter than we counted

  SummaryQuestions(Window window, ContextPrompts prompts) {
    this.window = window;
    this.prompts = prompts;
  }

  /**
   * What is summarised at once.
   *
   * @param question the prompt, as far as it was read already, and the question
   * @param cut messages that the summary is to stand for; the others go on word by word
   * @param told messages that are asked about
   */
  record Part(List<Message> question, int cut, int told) {}

  /**
   * The question about the first {@code ended} messages of {@code context}; empty when there is
   * nothing to summarise.
   */
  Optional<Part> about(Context context, int ended) {
    Message question = prompts.summaryQuestion();
    int room = window.tokens() - window.summaryTokens() - context.tokensOf(question) - reserve;
    int told = context.longestPrefix(ended, room);
    int kept =
        Math.max(
            context.startOfLast(window.keptMessages()), context.firstThatFits(window.keptTokens()));
    int cut = Math.min(kept, told);
    if (cut == 0) {
      return Optional.empty();
    }
    List<Message> prompt = context.prompt(0, told);
    prompt.add(question);
    return Optional.of(new Part(prompt, cut, told));
  }

  /**
   * A question about less, now and later.
   *
   * @param told messages that were too many
   * @param over tokens that the provider counted too many
   */
  Optional<Part> shorter(Context context, int ended, int told, int over) {
    reserve += Math.max(over, 0);
    Optional<Part> part;
    do {
      reserve += window.tokens() / SHARE + 1;
      part = about(context, ended);
    } while (part.isPresent() && part.get().told() >= told);
    return part;
  }
}
