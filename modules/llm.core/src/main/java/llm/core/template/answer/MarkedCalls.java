package llm.core.template.answer;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.domain.chat.JsonText;
import llm.domain.chat.ToolCall;

/**
 * All calls of a message as its model wrote them, for templates that have no place for calls but
 * the message's words. Immutable; any thread.
 */
public final class MarkedCalls {
  private final AnswerFormat format;

  private MarkedCalls(AnswerFormat format) {
    this.format = format;
  }

  /** Those of {@code format}; empty for formats whose templates have a place for calls. */
  public static Optional<MarkedCalls> of(AnswerFormat format) {
    return switch (format) {
      case LFM2, PHI4, GRANITE3 -> Optional.of(new MarkedCalls(format));
      default -> Optional.empty();
    };
  }

  /** The control token before them. */
  public String begin() {
    return format.syntax().openers().getFirst();
  }

  /** The one behind them; empty where the message's end is theirs. */
  public String end() {
    return format == AnswerFormat.GRANITE3 ? "" : format.syntax().closers().getFirst();
  }

  /** What stands between the two. */
  public String list(List<ToolCall> calls) {
    return calls.stream()
        .map(call ->
            format == AnswerFormat.LFM2
                ? call.name() + "(" + python(call.arguments()) + ")"
                : "{\"name\": \""
                    + call.name()
                    + "\", \"arguments\": "
                    + call.arguments().value()
                    + "}")
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** What is no whole object stays as it is: it must not be left out. */
  private static String python(JsonText arguments) {
    var reader = new PartialJson();
    reader.feed(arguments.value());
    reader.end();
    boolean whole = reader.isComplete() && reader.problem().isEmpty();
    return whole && reader.root().orElse(null) instanceof JsonNode.ObjectNode
        ? WrittenCalls.python(arguments)
        : arguments.value();
  }
}
