package llm.server.engine.message;

import java.nio.charset.StandardCharsets;

/** Request methods; the common ones without an allocation. */
final class Methods {
  private static final String[] KNOWN = {
    "GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"
  };

  private Methods() {}

  /** The method that stands from {@code from} to {@code to}. */
  static String of(byte[] bytes, int from, int to) {
    for (String known : KNOWN) {
      if (isSame(known, bytes, from, to)) {
        return known;
      }
    }
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  private static boolean isSame(String known, byte[] bytes, int from, int to) {
    if (known.length() != to - from) {
      return false;
    }
    for (int i = 0; i < known.length(); i++) {
      if (bytes[from + i] != known.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}
