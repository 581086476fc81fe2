package llm.core.dialect.upstream;

import java.util.Optional;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;

/**
 * Puts an error together, in the forms the field's servers use: {@code {"message","type","code"}}
 * as OpenAI has it, with {@code code} a number or a word; a text alone; {@code detail} as a text or
 * a list of what is wrong, as servers on FastAPI say it; llama-server's counts of a prompt that is
 * too long.
 */
public final class ErrorReader {
  private final JsonCursor in;
  private String message = "";
  private Optional<String> code = Optional.empty();
  private Optional<String> type = Optional.empty();
  private Optional<Integer> status = Optional.empty();
  private Optional<Integer> promptTokens = Optional.empty();
  private Optional<Integer> contextTokens = Optional.empty();

  /** Reads where {@code in} stands; nothing yet. */
  public ErrorReader(JsonCursor in) {
    this.in = in;
  }

  /** The value of a field {@code error}; empty when it says that there is none. */
  public static Optional<UpstreamError> value(JsonCursor in) throws LlmException {
    if (in.isString()) {
      String text = in.text();
      return text.isBlank() ? Optional.empty() : Optional.of(UpstreamError.of(text));
    }
    if (!in.isObject()) {
      return Optional.empty();
    }
    var reader = new ErrorReader(in);
    in.object(reader::take);
    return Optional.of(reader.built());
  }

  /** Takes a field of an error; others are passed over. */
  public void take(String name) throws LlmException {
    switch (name) {
      case "message", "error_message" -> say(in.isString() ? in.text() : in.cut().value());
      case "detail" -> detail();
      case "error" -> value(in).ifPresent(inner -> say(inner.message()));
      case "code", "status" -> code();
      case "type", "error_type" -> type = text();
      case "n_prompt_tokens" -> promptTokens = count();
      case "n_ctx" -> contextTokens = count();
      default -> {
        // of no interest
      }
    }
  }

  /** What was taken, if it says anything. */
  public Optional<UpstreamError> error() {
    return message.isBlank() ? Optional.empty() : Optional.of(built());
  }

  private UpstreamError built() {
    return new UpstreamError(message, code.or(() -> type), status, promptTokens, contextTokens);
  }

  private void say(String text) {
    message = message.isBlank() ? text : message;
  }

  private void detail() throws LlmException {
    if (in.isObject()) {
      in.object(this::take);
    } else {
      say(in.isString() ? in.text() : in.cut().value());
    }
  }

  private void code() {
    Optional<String> text = in.isInteger() ? Optional.of(in.text()) : text();
    if (text.isPresent() && text.get().matches("[0-9]{3}")) {
      status = Optional.of(Integer.valueOf(text.get()));
    } else {
      code = text.or(() -> code);
    }
  }

  private Optional<Integer> count() throws LlmException {
    return Optional.of(in.isInteger() ? in.text() : "")
        .filter(text -> text.matches("[0-9]{1,9}"))
        .map(Integer::valueOf);
  }

  private Optional<String> text() {
    return in.isString() ? Optional.of(in.text()) : Optional.empty();
  }
}
