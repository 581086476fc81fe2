package llm.gpu.text;

import java.util.Optional;
import java.util.function.Supplier;
import llm.core.template.ConversationTemplate;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.ChatRequest;
import llm.gpu.llama.ChatTemplate;

/** How a model's conversations look. */
public sealed interface Conversations {
  /** By a template that is run. */
  record Own(ConversationTemplate template) implements Conversations {}

  /** By a form of llama.cpp. */
  record BuiltIn(ChatTemplate template) implements Conversations {}

  /** The words of the messages and nothing else. */
  record Plain() implements Conversations {}

  /**
   * By a template that is not known here: nothing can be asked.
   *
   * @param problem one client-safe sentence
   */
  record Unreadable(String problem) implements Conversations {}

  /** Whether tools can be offered. */
  default boolean offersTools() {
    return this instanceof Own(ConversationTemplate template) && template.offersTools();
  }

  /** What takes the answer to {@code request} apart; empty where it is text and nothing else. */
  default Optional<AnswerParser> parser(ChatRequest request, Supplier<String> ids) {
    return this instanceof Own(ConversationTemplate template)
        ? template.parser(request, ids)
        : Optional.empty();
  }

  /** For the log: the way, and what the answer is taken apart by. */
  default String described() {
    return switch (this) {
      case Own(ConversationTemplate template) ->
          "the model's template, tool format " + template.format().name().toLowerCase();
      case BuiltIn _ -> "llama.cpp's form of the template, without tools";
      case Plain _ -> "plain text";
      case Unreadable(String problem) -> problem;
    };
  }
}
