package llm.server.engine.message;

/** The character classes of RFC 9110 and RFC 3986, by byte. */
final class Characters {
  private static final byte TOKEN = 1;
  private static final byte VALUE = 2;
  private static final byte TARGET = 4;
  private static final byte NAME = 8;
  private static final byte[] CLASSES = new byte[256];

  static {
    for (int c = '0'; c <= '9'; c++) {
      CLASSES[c] |= TOKEN | NAME;
    }
    for (int c = 'a'; c <= 'z'; c++) {
      CLASSES[c] |= TOKEN | NAME;
      CLASSES[c - 'a' + 'A'] |= TOKEN | NAME;
    }
    "!#$%&'*+-.^_`|~".chars().forEach(c -> CLASSES[c] |= TOKEN);
    "-._~!$&'()*+,;=%".chars().forEach(c -> CLASSES[c] |= NAME);
    for (int c = ' '; c < 256; c++) {
      CLASSES[c] |= VALUE; // VCHAR, SP and obs-text
    }
    CLASSES['\t'] |= VALUE;
    CLASSES[0x7f] &= ~VALUE;
    for (int c = '!'; c < 0x7f; c++) {
      CLASSES[c] |= TARGET;
    }
    CLASSES['#'] &= ~TARGET; // a fragment stays with the client
  }

  private Characters() {}

  /** {@code tchar} of RFC 9110, section 5.6.2. */
  static boolean isToken(byte b) {
    return (CLASSES[b & 0xff] & TOKEN) != 0;
  }

  /** What may stand in a field's value, RFC 9110, section 5.5. */
  static boolean isValue(byte b) {
    return (CLASSES[b & 0xff] & VALUE) != 0;
  }

  /** What may stand in a request target before it is looked at as a URI. */
  static boolean isTarget(byte b) {
    return (CLASSES[b & 0xff] & TARGET) != 0;
  }

  /** What may stand in a host name, percent-encoding included: RFC 3986, section 3.2.2. */
  static boolean isHostName(char c) {
    return c < 128 && (CLASSES[c] & NAME) != 0;
  }

  /** The value of a hexadecimal digit, or -1. */
  static int hexadecimal(int c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }
}
