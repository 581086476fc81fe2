package llm.gpu.grammar;

import java.nio.charset.StandardCharsets;

/** White space that a model may write between its reasoning and its answer. */
public final class LeadingSpace {
  private static final String SIGNS = "\t\n\r ";

  /** Its signs. */
  static final byte[] BYTES = SIGNS.getBytes(StandardCharsets.US_ASCII);

  private LeadingSpace() {}

  /** Whether {@code sign} is one of its signs. */
  static boolean has(byte sign) {
    return SIGNS.indexOf(sign) >= 0;
  }

  /** What is left of {@code text} without it. */
  public static String skip(String text) {
    int from = 0;
    while (from < text.length() && SIGNS.indexOf(text.charAt(from)) >= 0) {
      from++;
    }
    return text.substring(from);
  }
}
