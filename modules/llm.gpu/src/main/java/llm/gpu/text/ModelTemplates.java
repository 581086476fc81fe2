package llm.gpu.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.Optional;
import llm.core.template.ConversationTemplate;
import llm.core.template.ConversationTemplate.Marks;
import llm.core.template.answer.AnswerFormat;
import llm.domain.error.LlmException;
import llm.gpu.llama.ChatTemplate;

/**
 * Which chat templates models are asked by. Immutable; any thread.
 *
 * @param source whose interpreter makes the prompts
 * @param file a template in place of the models' own
 * @param format how models write calls of tools; empty: as their templates' marks tell
 */
public record ModelTemplates(Source source, Optional<Path> file, Optional<AnswerFormat> format) {
  /** Each model's own template, as it is. */
  public static final ModelTemplates OWN =
      new ModelTemplates(Source.MODEL, Optional.empty(), Optional.empty());

  /** Whose interpreter. */
  public enum Source {
    /** The template itself is run. */
    MODEL,
    /** llama.cpp recognises it and has a form of its own for it, without tools. */
    BUILTIN
  }

  /**
   * How the conversations of a model look.
   *
   * @param own the text of the model's template; empty when it has none
   * @param toolUse the text of its template for conversations with tools, {@code tool_use}; empty
   *     when it has none of its own for them
   * @param marks its special tokens
   */
  public Conversations of(Optional<String> own, Optional<String> toolUse, Marks marks) {
    Optional<String> text = own.or(() -> toolUse);
    Optional<String> forTools = file.isPresent() ? Optional.empty() : toolUse;
    if (file.isPresent()) {
      try {
        text = Optional.of(Files.readString(file.get()));
      } catch (IOException unreadable) {
        return new Conversations.Unreadable(
            "The file " + file.get() + " of providers.local.chat_template_file cannot be read.");
      }
    }
    if (text.isEmpty()) {
      return new Conversations.Plain();
    }
    if (source == Source.BUILTIN) {
      return new Conversations.BuiltIn(new ChatTemplate(text.get()));
    }
    ConversationTemplate usual;
    try {
      usual = read(text.get(), marks);
    } catch (LlmException unknown) {
      return new Conversations.Unreadable(
          "Its chat template cannot be read, "
              + unknown.error().message()
              + "; give one that can by providers.local.chat_template_file, or set"
              + " providers.local.chat_template to builtin.");
    }
    if (forTools.isEmpty() || forTools.equals(text)) {
      return new Conversations.Own(usual, Optional.empty(), Optional.empty());
    }
    try {
      ConversationTemplate tools = read(forTools.get(), marks);
      return new Conversations.Own(usual, Optional.of(tools), Optional.empty());
    } catch (LlmException unknown) {
      String problem =
          "Its chat template for tools cannot be read, "
              + unknown.error().message()
              + "; give one that can by providers.local.chat_template_file.";
      return new Conversations.Own(usual, Optional.empty(), Optional.of(problem));
    }
  }

  private ConversationTemplate read(String text, Marks marks) throws LlmException {
    return ConversationTemplate.of(text, marks, format, ZonedDateTime::now);
  }
}
