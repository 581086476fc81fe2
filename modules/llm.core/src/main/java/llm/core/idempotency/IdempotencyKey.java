package llm.core.idempotency;

import java.util.List;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/**
 * What a caller names a request by, so that it may be sent again.
 *
 * @param value 1 to 255 visible characters of ASCII
 */
public record IdempotencyKey(String value) {
  /** The header that carries it. */
  public static final String HEADER = "Idempotency-Key";

  private static final int MOST_CHARACTERS = 255;

  /**
   * Reads the header: a string of RFC 8941, section 3.3.3, in quotes, or the bare characters that
   * many clients send. Both are the same key.
   *
   * @param lines the header's values, one for each line of the request's head
   * @throws LlmException with {@code InvalidRequest}
   */
  public static IdempotencyKey of(List<String> lines) throws LlmException {
    if (lines.size() != 1) {
      throw refused("stands in the request " + lines.size() + " times; send one");
    }
    String text = lines.getFirst().strip();
    String key = text.startsWith("\"") ? unquoted(text) : text;
    if (key.isEmpty() || key.length() > MOST_CHARACTERS) {
      throw refused("has " + key.length() + " characters; it must have 1 to " + MOST_CHARACTERS);
    }
    if (!key.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw refused("may hold visible ASCII characters alone, without blanks");
    }
    return new IdempotencyKey(key);
  }

  private static String unquoted(String text) throws LlmException {
    var key = new StringBuilder(text.length());
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"') {
        if (i + 1 < text.length()) {
          throw refused("goes on behind its closing quotation mark");
        }
        return key.toString();
      }
      if (c == '\\') {
        i++;
        c = i < text.length() ? text.charAt(i) : ' ';
        if (c != '"' && c != '\\') {
          throw refused("has a backslash before something else than a quotation mark or backslash");
        }
      }
      key.append(c);
    }
    throw refused("begins with a quotation mark and does not end with one");
  }

  private static LlmException refused(String what) {
    return new LlmException(LlmError.InvalidRequest.at(HEADER, HEADER + " " + what + "."));
  }
}
