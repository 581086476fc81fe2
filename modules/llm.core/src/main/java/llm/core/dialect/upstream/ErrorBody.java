package llm.core.dialect.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;
import llm.core.dialect.json.JsonCursor;
import llm.domain.error.LlmException;

/**
 * Reads the body of an answer with a status of failure. Whatever it is, there is a result: JSON in
 * the forms of {@link ErrorReader}, else the text itself, without the tags of a page.
 */
public final class ErrorBody {
  private static final Pattern HIDDEN =
      Pattern.compile("(?is)<(script|style|head)\\b.*?</\\1\\s*>|<!--.*?-->");
  private static final Pattern TAG = Pattern.compile("<[^<>]{0,500}>");
  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final int MOST_TEXT = 8_192;

  private ErrorBody() {}

  /** What the body says; an empty message when it says nothing. */
  public static UpstreamError read(byte[] body) {
    try {
      Optional<UpstreamError> error = JsonCursor.document(body, ErrorBody::json);
      return error.orElseGet(() -> UpstreamError.of(text(body)));
    } catch (LlmException _) {
      return UpstreamError.of(text(body)); // no JSON: a proxy's page, or plain words
    }
  }

  private static Optional<UpstreamError> json(JsonCursor in) throws LlmException {
    if (in.isString()) {
      return Optional.of(UpstreamError.of(in.text()));
    }
    if (!in.isObject()) {
      return Optional.empty();
    }
    var reader = new ErrorReader(in);
    var inner = new UpstreamError[1];
    in.object(name -> {
      if (name.equals("error")) {
        inner[0] = ErrorReader.value(in).orElse(null);
      } else {
        reader.take(name);
      }
    });
    Optional<UpstreamError> named = Optional.ofNullable(inner[0]);
    return named.filter(error -> !error.message().isEmpty()).or(reader::error).or(() -> named);
  }

  private static String text(byte[] body) {
    String all = new String(body, 0, Math.min(body.length, MOST_TEXT), StandardCharsets.UTF_8);
    if (all.stripLeading().startsWith("<")) {
      all = TAG.matcher(HIDDEN.matcher(all).replaceAll(" ")).replaceAll(" ");
    }
    return BLANKS.matcher(all).replaceAll(" ").strip();
  }
}
