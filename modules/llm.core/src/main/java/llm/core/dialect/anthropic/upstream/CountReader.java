package llm.core.dialect.anthropic.upstream;

import java.util.OptionalInt;
import llm.core.dialect.json.JsonCursor;
import llm.core.dialect.upstream.UpstreamFailures;
import llm.domain.error.LlmException;

/**
 * Reads the answer of {@code POST /v1/messages/count_tokens}
 * (https://docs.claude.com/en/api/messages-count-tokens).
 */
public final class CountReader {
  private OptionalInt tokens = OptionalInt.empty();

  private CountReader() {}

  /**
   * The tokens that {@code body} tells.
   *
   * @throws LlmException with {@code ProviderFailed} when it tells none
   */
  public static int read(byte[] body, UpstreamFailures failures) throws LlmException {
    CountReader read;
    try {
      read = JsonCursor.document(body, CountReader::walked);
    } catch (LlmException broken) {
      throw new LlmException(failures.noChunk(broken.error(), body), broken);
    }
    if (read.tokens.isEmpty() || read.tokens.getAsInt() < 0) {
      throw new LlmException(
          failures.broke("sent no count of tokens: " + UpstreamFailures.quoted(body)));
    }
    return read.tokens.getAsInt();
  }

  private static CountReader walked(JsonCursor in) throws LlmException {
    var reader = new CountReader();
    in.object(name -> {
      if (name.equals("input_tokens")) {
        reader.tokens = OptionalInt.of(in.integer());
      }
    });
    return reader;
  }
}
