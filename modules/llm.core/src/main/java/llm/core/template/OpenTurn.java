package llm.core.template;

import java.util.Optional;
import llm.core.template.value.Text;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Role;

/**
 * The end of a prompt whose last message is an answer that goes on: the template writes that turn
 * as any other one, and what it writes behind the words, the end of the turn, is left out. So a
 * turn begins as the template has turns begin, with an empty thought or the name of a channel where
 * it wants them.
 */
final class OpenTurn {
  private OpenTurn() {}

  /** Whether the last message is to be gone on from. */
  static boolean isWanted(ChatRequest request) {
    return request.form().continues()
        && !request.messages().isEmpty()
        && request.messages().getLast().role() == Role.ASSISTANT;
  }

  /**
   * The prompt up to the last word of its last message.
   *
   * @param whole with that message as one that is over
   * @param last that message; white space before its words may be missing
   * @param label of its words
   * @return empty where the template did not put it as it is, in one piece
   */
  static Optional<Text> of(Text whole, Message last, int label) {
    String words = last.text();
    Optional<Text> open = Optional.empty();
    int end = 0;
    for (Text.Run run : whole.runs()) {
      end += run.text().length();
      if (run.label() == label) {
        boolean same = run.text().equals(words) || run.text().equals(words.strip());
        open = same ? Optional.of(whole.cut(0, end)) : Optional.empty();
      }
    }
    return open;
  }
}
