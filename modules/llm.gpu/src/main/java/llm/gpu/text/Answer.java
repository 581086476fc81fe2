package llm.gpu.text;

import java.util.List;
import java.util.Optional;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.core.template.grammar.HeldReading;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.gpu.llama.Vocabulary;

/**
 * What the text of one answer is: text and nothing else, or to be taken apart into reasoning, text
 * and calls of tools. One generation; one thread.
 */
public final class Answer {
  private final Optional<AnswerParser> parser;
  private final Optional<FormText> form; // where it is held to one, and taken apart
  private final AnswerFormat format;

  /**
   * The answer to {@code request}.
   *
   * @param reading how it is read, where it is held to a grammar
   */
  public Answer(ChatRequest request, Conversations conversations, Optional<HeldReading> reading) {
    this.parser = conversations.parser(request, CallIds::next);
    boolean asAny = reading.isEmpty() || reading.get() instanceof HeldReading.Parsed;
    this.form = asAny ? Optional.empty() : parser.map(parts -> new FormText(parts, reading.get()));
    this.format =
        conversations instanceof Conversations.Own own
            ? own.of(request).format()
            : AnswerFormat.NONE;
  }

  /** Whether it is taken apart. */
  public boolean isParsed() {
    return parser.isPresent();
  }

  /** The name of a control token, which has no text, where it means something to the answer. */
  public String mark(int token, Vocabulary vocabulary) {
    if (parser.isEmpty()) {
      return "";
    }
    String name = vocabulary.name(token);
    return format.isMark(name) ? name : "";
  }

  /**
   * One that is held to a form begins here; what comes before it is reasoning, whatever it looks
   * like, and all from here on is text, or calls.
   *
   * @param from how many characters come before it
   * @param skipsSpace whether white space at its beginning is none of it
   */
  public void begins(int from, boolean skipsSpace) {
    form.ifPresent(held -> held.begins(from, skipsSpace));
  }

  /** What is sure of it when more text has come. */
  public List<StreamEvent> push(String text) {
    return form.isPresent() ? form.get().push(text) : parser.orElseThrow().push(text);
  }

  /** What was held back, at the end. */
  public List<StreamEvent> finish() {
    return form.isPresent()
        ? form.get().finish()
        : parser.map(AnswerParser::finish).orElse(List.of());
  }

  /** How it ended: one that calls tools and was not cut waits for their results. */
  public FinishReason ended(FinishReason reason) {
    boolean isText = form.isPresent() && !form.get().isCalls();
    return isText ? reason : parser.map(reader -> reader.ended(reason)).orElse(reason);
  }
}
