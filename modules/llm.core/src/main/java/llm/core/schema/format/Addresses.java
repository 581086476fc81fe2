package llm.core.schema.format;

/** Addresses of the Internet Protocol. */
final class Addresses {
  private static final int GROUPS = 8;

  private Addresses() {}

  /** {@code dotted-quad} of RFC 2673 section 3.2: decimal, without leading zeros. */
  static boolean isIpv4(String text) {
    String[] parts = text.length() > 15 ? new String[0] : text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      boolean fits =
          !part.isEmpty()
              && part.length() <= 3
              && part.chars().allMatch(c -> c >= '0' && c <= '9')
              && (part.length() == 1 || part.charAt(0) != '0')
              && Integer.parseInt(part) <= 255;
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  /** RFC 4291 section 2.2, without a zone. */
  static boolean isIpv6(String text) {
    if (text.length() > 45) {
      return false;
    }
    int gap = text.indexOf("::");
    if (gap < 0) {
      return groups(text, true) == GROUPS;
    }
    int before = gap == 0 ? 0 : groups(text.substring(0, gap), false);
    String rest = text.substring(gap + 2);
    int behind = rest.isEmpty() ? 0 : groups(rest, true);
    return before >= 0 && behind >= 0 && before + behind < GROUPS;
  }

  /** How many groups of 16 bits; -1: something else stands there. */
  private static int groups(String text, boolean mayEndInIpv4) {
    String[] parts = text.split(":", -1);
    int count = 0;
    for (int i = 0; i < parts.length; i++) {
      boolean isLast = i == parts.length - 1;
      if (isLast && mayEndInIpv4 && isIpv4(parts[i])) {
        count += 2;
      } else if (isGroup(parts[i])) {
        count++;
      } else {
        return -1;
      }
    }
    return count;
  }

  private static boolean isGroup(String part) {
    return !part.isEmpty()
        && part.length() <= 4
        && part.chars().allMatch(c -> c < 0x80 && Character.digit(c, 16) >= 0);
  }
}
