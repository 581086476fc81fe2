package llm.domain.call;

/**
 * Identifies one call in logs, headers ({@code X-Correlation-ID}, {@code x-request-id}) and error
 * bodies.
 *
 * @param value 1 to 128 characters of {@code A-Z a-z 0-9 . _ : -}, so that it can stand in a header
 *     or a log line unescaped
 */
public record CallId(String value) {
  private static final int MAX_LENGTH = 128;

  /** Rejects a value that does not match the pattern. */
  public CallId {
    if (!isLegal(value)) {
      throw new IllegalArgumentException(
          "call id must match [A-Za-z0-9._:-]{1,128}, got " + value.length() + " characters");
    }
  }

  /** Whether {@code value} may be a call id. */
  public static boolean isLegal(String value) {
    if (value.isEmpty() || value.length() > MAX_LENGTH) {
      return false;
    }
    for (int index = 0; index < value.length(); index++) {
      if (!isLegal(value.charAt(index))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLegal(char c) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c >= '-' && c <= ':' && c != '/' // - . and the digits stand together
        || c == '_';
  }

  @Override
  public String toString() {
    return value;
  }
}
