package llm.core.context;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.catalogue.Prompts;
import llm.domain.chat.Message;
import llm.domain.text.Excerpt;

/**
 * The words around a conversation. The first message of a prompt is the same, byte for byte, as
 * long as a context lives: caches of prompts, a provider's and our own, find it and all messages
 * before the newest again.
 *
 * @param system who the assistant is
 * @param responseFormat how answers are to be written; empty for plain text
 * @param prompts where the question for a summary comes from
 */
public record ContextPrompts(String system, Optional<String> responseFormat, Prompts prompts) {
  private static final String ABOVE = "(the conversation is everything above this message)";
  private static final String ENTRIES =
      """


      After the summary write what must not be forgotten as single lines, each beginning with \
      "- fact: ", "- decision: " or "- file: ".\
      """;

  /** The first message of a context that begins with a summary and a ledger, if there are any. */
  public Message first(String summary, Ledger ledger) {
    var text = new StringBuilder(system);
    responseFormat.ifPresent(format -> text.append("\n\n").append(format));
    if (!ledger.isEmpty()) {
      text.append("\n\nWhat is known from this conversation so far:\n").append(ledger.render());
    }
    if (!summary.isEmpty()) {
      text.append("\n\nA summary of this conversation so far:\n").append(summary);
    }
    return Message.system(text.toString());
  }

  /** Asks for a summary of what stands before it in the same prompt. */
  public Message summaryQuestion() {
    return Message.user(question(ABOVE));
  }

  /**
   * Asks for a summary of a talk that the model has not seen, in one message.
   *
   * @param mostChars of each message; what is longer is told by its beginning and its end
   */
  public String summaryPrompt(List<Message> history, int mostChars) {
    var talk = new StringBuilder();
    for (Message message : history) {
      talk.append(message.role().wireName())
          .append(": ")
          .append(Excerpt.ends(message.text(), mostChars))
          .append('\n');
    }
    return question(talk.toString());
  }

  private String question(String history) {
    return prompts.summarizationPrompt().render(Map.of(Prompts.HISTORY, history)) + ENTRIES;
  }
}
