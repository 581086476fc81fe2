package llm.core.template.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import llm.core.template.answer.AnswerFormat;
import llm.core.template.answer.AnswerParser;
import llm.domain.chat.StreamEvent;

/** Looks once more at an answer that is either calls or text of a form. Immutable; any thread. */
record EitherCheck(
    AnswerFormat format,
    HeldReading reading,
    Function<String, Optional<String>> calls,
    Function<String, Optional<String>> form)
    implements Function<String, Optional<String>> {

  @Override
  public Optional<String> apply(String text) {
    return switch (reading) {
      case HeldReading.Text _ -> form.apply(text);
      case HeldReading.Either either -> either.isCalls(text) ? calls.apply(text) : form.apply(text);
      case HeldReading.Parsed _ -> parsed(text);
    };
  }

  /** Where marks say what is text, the text alone is of the form. */
  private Optional<String> parsed(String text) {
    var parser = new AnswerParser(format, AnswerParser.Beginning.ANSWER, List.of(), () -> "");
    var said = new StringBuilder();
    var events = new ArrayList<>(parser.push(text));
    events.addAll(parser.finish());
    for (StreamEvent event : events) {
      if (event instanceof StreamEvent.TextDelta(String part, _)) {
        said.append(part);
      }
    }
    return parser.called() ? calls.apply(text) : form.apply(said.toString());
  }
}
