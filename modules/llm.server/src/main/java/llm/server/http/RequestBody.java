package llm.server.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** A request's body, of which at most a limit is read. */
public final class RequestBody {
  /** Bodies up to this length are believed to come as long as they say. */
  private static final int SMALL_BYTES = 64 * 1024;

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
   * @throws LlmException when it is not declared as plain JSON, is too large, or breaks off
   */
  public byte[] json() throws LlmException {
    Optional<String> foreign = head.contentType().filter(type -> !isJson(type));
    if (foreign.isPresent()) {
      throw new LlmException(new LlmError.UnsupportedMediaType(foreign.get()));
    }
    Optional<String> coded =
        head.contentEncodings().stream().filter(RequestBody::isCoded).findFirst();
    if (coded.isPresent()) {
      throw new LlmException(new LlmError.UnsupportedContentEncoding(coded.get()));
    }
    if (head.contentLength().orElse(0L) > limitBytes) {
      throw new LlmException(new LlmError.PayloadTooLarge(limitBytes));
    }
    byte[] bytes;
    try {
      bytes = read();
    } catch (IOException broken) {
      throw new LlmException(
          LlmError.InvalidRequest.of("The body broke off or its chunks are malformed."), broken);
    }
    if (bytes.length > limitBytes) {
      throw new LlmException(new LlmError.PayloadTooLarge(limitBytes));
    }
    return bytes;
  }

  /**
   * The body, or one byte more than the limit of it. A small body whose length is declared is read
   * into an array of that length; for a large one memory is taken as the bytes come.
   */
  private byte[] read() throws IOException {
    long declared = head.contentLength().orElse(-1L);
    if (declared < 0 || declared > SMALL_BYTES) {
      return in.readNBytes((int) limitBytes + 1);
    }
    byte[] bytes = new byte[(int) declared];
    if (in.readNBytes(bytes, 0, bytes.length) < bytes.length) {
      throw new EOFException("the body ended before its declared length");
    }
    return bytes;
  }

  /** Whether a value of Content-Encoding, a list of codings, has one that changes the bytes. */
  private static boolean isCoded(String codings) {
    return Arrays.stream(codings.split(","))
        .map(String::strip)
        .anyMatch(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase("identity"));
  }

  private static boolean isJson(String contentType) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json") || (type.contains("/") && type.endsWith("+json"));
  }
}
