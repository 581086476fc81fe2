package llm.core.context;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.Message;
import llm.domain.text.Excerpt;

/** Asks for summaries of as much of a context as a prompt has room for. One thread at a time. */
final class SummaryQuestions {
  private static final int SHARE = 16; // of the window, each time a question is too long
  private static final int MOST_TOKEN_CHARS = 8; // to begin with, of a text that is cut to fit
  private static final int LEAST_CHARS = 32; // of a message: less says nothing

  private Window window;
  private final ContextPrompts prompts;
  private int reserve; // tokens that questions have to be shorter than we counted

  SummaryQuestions(Window window, ContextPrompts prompts) {
    this.window = window;
    this.prompts = prompts;
  }

  /** The window is another one from now on. */
  void heed(Window known) {
    window = known;
  }

  /**
   * What is summarised at once.
   *
   * @param question the prompt, as far as it was read already, and the question
   * @param cut messages that the summary is to stand for; the others go on word by word
   * @param told messages that are asked about
   */
  record Part(List<Message> question, int cut, int told) {
    /** Whether the question carries what it is about, behind a first message or without one. */
    private boolean isExcerpt() {
      return question.size() <= 2;
    }
  }

  /**
   * The question about the first {@code ended} messages of {@code context}; about an excerpt of the
   * first turn where that alone is too long. Empty when there is nothing to summarise.
   */
  Optional<Part> about(Context context, int ended) {
    Message question = prompts.summaryQuestion();
    int room = window.tokens() - window.summaryTokens() - reserve;
    int told = context.longestPrefix(ended, room - context.tokensOf(question));
    int kept =
        Math.max(
            context.startOfLast(window.keptMessages()), context.firstThatFits(window.keptTokens()));
    if (told == 0) {
      return excerpt(context, Math.min(ended, context.firstTurn()), room);
    }
    int cut = Math.min(kept, told);
    if (cut == 0) {
      return Optional.empty();
    }
    List<Message> prompt = context.prompt(0, told);
    prompt.add(question);
    return Optional.of(new Part(prompt, cut, told));
  }

  /**
   * A summary that takes no more than it may, a quarter more at most: what a model was allowed to
   * say can be more tokens when it is read again, and would leave the next context no room.
   */
  Summary fitted(Summary summary, Context context) {
    int tokens = context.tokensOf(Message.system(summary.text()));
    int most = window.summaryTokens() + window.summaryTokens() / 4;
    if (tokens <= most) {
      return summary;
    }
    int chars = (int) ((long) summary.text().length() * most / tokens);
    return new Summary(Excerpt.ends(summary.text(), chars), summary.entries(), summary.covered());
  }

  /**
   * The question about all of the first {@code ended} messages, as far as there is room for them;
   * empty when there is nothing.
   */
  Optional<List<Message>> aboutAll(Context context, int ended) {
    Message question = prompts.summaryQuestion();
    int room = window.tokens() - window.summaryTokens() - reserve;
    int told = context.longestPrefix(ended, room - context.tokensOf(question));
    if (told == 0) {
      return Optional.empty();
    }
    List<Message> prompt = context.prompt(0, told);
    prompt.add(question);
    return Optional.of(prompt);
  }

  /**
   * The beginnings and ends of {@code turn} messages, as much of them as has room behind the first
   * message; and of that too, where it leaves none.
   */
  private Optional<Part> excerpt(Context context, int turn, int room) {
    if (turn == 0) {
      return Optional.empty();
    }
    int left = room - context.correctedTokens(context.size());
    Message first = context.first();
    List<Message> messages = context.messages(0).subList(0, turn);
    List<Message> all = new ArrayList<>(List.of(first));
    all.addAll(messages);
    return excerpt(context, messages, left)
        .map(question -> List.of(first, question))
        .or(() -> excerpt(context, all, left + context.tokensOf(first)).map(List::of))
        .map(prompt -> new Part(prompt, turn, turn));
  }

  private Optional<Message> excerpt(Context context, List<Message> whole, int left) {
    int most = (int) Math.min(Integer.MAX_VALUE, Math.max(0L, left) * MOST_TOKEN_CHARS);
    for (int chars = most; chars >= LEAST_CHARS; chars -= chars / 4) {
      Message question = Message.user(prompts.summaryPrompt(whole, chars));
      if (context.tokensOf(question) <= left) {
        return Optional.of(question);
      }
    }
    return Optional.empty();
  }

  /**
   * A question about less, now and later: about fewer messages, or less of the first turn.
   *
   * @param ended as for {@link #about}
   * @param told messages that were too many
   * @param over tokens that the provider counted too many
   */
  Optional<Part> shorter(Context context, int ended, int told, int over) {
    reserve += Math.max(over, 0);
    Optional<Part> part;
    do {
      reserve += window.tokens() / SHARE + 1;
      part = about(context, ended);
    } while (part.isPresent() && part.get().told() >= told && !part.get().isExcerpt());
    return part;
  }
}
