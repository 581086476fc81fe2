package llm.domain.call;

import java.util.regex.Pattern;

/**
 * Identifies one call in logs, headers ({@code X-Correlation-ID}, {@code x-request-id}) and error
 * bodies.
 *
 * @param value 1 to 128 characters of {@code A-Z a-z 0-9 . _ : -}, so that it can stand in a header
 *     or a log line unescaped
 */
public record CallId(String value) {
  private static final Pattern LEGAL = Pattern.compile("[A-Za-z0-9._:-]{1,128}");

  /** Rejects a value that does not match the pattern. */
  public CallId {
    if (!isLegal(value)) {
      throw new IllegalArgumentException(
          "call id must match " + LEGAL.pattern() + ", got " + value.length() + " characters");
    }
  }

  /** Whether {@code value} may be a call id. */
  public static boolean isLegal(String value) {
    return LEGAL.matcher(value).matches();
  }

  @Override
  public String toString() {
    return value;
  }
}
