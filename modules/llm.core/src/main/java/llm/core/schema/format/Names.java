package llm.core.schema.format;

/** Names of hosts, mailboxes and other things. */
final class Names {
  private static final int MOST_HOST = 253;
  private static final int MOST_LABEL = 63;
  private static final int MOST_LOCAL = 64;
  private static final int UUID = 36;
  private static final String ATOM = "!#$%&'*+-/=?^_`{|}~"; // beside letters and digits

  private Names() {}

  /** RFC 4122 section 3, in letters of either case. */
  static boolean isUuid(String text) {
    if (text.length() != UUID) {
      return false;
    }
    for (int i = 0; i < UUID; i++) {
      char c = text.charAt(i);
      boolean isDash = i == 8 || i == 13 || i == 18 || i == 23;
      if (isDash ? c != '-' : c >= 0x80 || Character.digit(c, 16) < 0) {
        return false;
      }
    }
    return true;
  }

  /** RFC 1123 section 2.1; of labels with two hyphens in the middle, those of RFC 5890 alone. */
  static boolean isHostName(String text) {
    if (text.isEmpty() || text.length() > MOST_HOST) {
      return false;
    }
    for (String label : text.split("\\.", -1)) {
      if (!isLabel(label)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLabel(String label) {
    boolean shaped =
        !label.isEmpty()
            && label.length() <= MOST_LABEL
            && !label.startsWith("-")
            && !label.endsWith("-")
            && label.chars().allMatch(c -> isLetterOrDigit(c) || c == '-');
    boolean isReserved = shaped && label.startsWith("--", 2);
    return shaped && (!isReserved || label.regionMatches(true, 0, "xn", 0, 2));
  }

  /** {@code Mailbox} of RFC 5321 section 4.1.2. */
  static boolean isEmail(String text) {
    int at = text.lastIndexOf('@');
    if (at < 1 || at > MOST_LOCAL) {
      return false;
    }
    String local = text.substring(0, at);
    String domain = text.substring(at + 1);
    return (local.startsWith("\"") ? isQuoted(local) : areAtoms(local))
        && (domain.startsWith("[") ? isLiteral(domain) : isHostName(domain));
  }

  private static boolean areAtoms(String local) {
    for (String atom : local.split("\\.", -1)) {
      boolean fits =
          !atom.isEmpty() && atom.chars().allMatch(c -> isLetterOrDigit(c) || ATOM.indexOf(c) >= 0);
      if (!fits) {
        return false;
      }
    }
    return true;
  }

  private static boolean isQuoted(String local) {
    int last = local.length() - 1;
    if (last < 1 || local.charAt(last) != '"') {
      return false;
    }
    for (int i = 1; i < last; i++) {
      char c = local.charAt(i);
      if (c == '\\') {
        i++;
      }
      boolean fits = c >= ' ' && c < 0x7F && c != '"';
      if (!fits || i == last || local.charAt(i) < ' ' || local.charAt(i) >= 0x7F) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLiteral(String domain) {
    if (!domain.endsWith("]")) {
      return false;
    }
    String address = domain.substring(1, domain.length() - 1);
    boolean isSix = address.regionMatches(true, 0, "IPv6:", 0, 5);
    return isSix ? Addresses.isIpv6(address.substring(5)) : Addresses.isIpv4(address);
  }

  /** RFC 6901 section 3. */
  static boolean isJsonPointer(String text) {
    if (!text.isEmpty() && text.charAt(0) != '/') {
      return false;
    }
    for (int i = text.indexOf('~'); i >= 0; i = text.indexOf('~', i + 1)) {
      char next = i + 1 < text.length() ? text.charAt(i + 1) : ' ';
      if (next != '0' && next != '1') {
        return false;
      }
    }
    return true;
  }

  static boolean isLetterOrDigit(int c) {
    return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }
}
