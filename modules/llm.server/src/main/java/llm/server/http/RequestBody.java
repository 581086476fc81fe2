package llm.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** A request's body, of which at most a limit is read. */
public final class RequestBody {
  private final InputStream in;
  private final Head head;
  private final long limitBytes;

  RequestBody(InputStream in, Head head, long limitBytes) {
    this.in = in;
    this.head = head;
    this.limitBytes = limitBytes;
  }

  /**
   * Reads all of it; once.
   *
   * @throws LlmException when it is not declared as JSON, is too large, or breaks off
   */
  public byte[] json() throws LlmException {
    Optional<String> foreign = head.contentType().filter(type -> !isJson(type));
    if (foreign.isPresent()) {
      throw new LlmException(new LlmError.UnsupportedMediaType(foreign.get()));
    }
    if (head.contentLength().orElse(0L) > limitBytes) {
      throw new LlmException(new LlmError.PayloadTooLarge(limitBytes));
    }
    byte[] bytes;
    try {
      bytes = in.readNBytes((int) limitBytes + 1);
    } catch (IOException broken) {
      throw new LlmException(
          LlmError.InvalidRequest.of("The body broke off or its chunks are malformed."), broken);
    }
    if (bytes.length > limitBytes) {
      throw new LlmException(new LlmError.PayloadTooLarge(limitBytes));
    }
    return bytes;
  }

  private static boolean isJson(String contentType) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json") || (type.contains("/") && type.endsWith("+json"));
  }
}
