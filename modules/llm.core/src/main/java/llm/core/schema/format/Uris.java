package llm.core.schema.format;

/** Uniform resource identifiers (RFC 3986). */
final class Uris {
  private static final String UNRESERVED = "-._~"; // beside letters and digits
  private static final String SUB_DELIMITERS = "!$&'()*+,;=";

  private Uris() {}

  /** {@code URI}: with a scheme. */
  static boolean isUri(String text) {
    int colon = text.indexOf(':');
    return colon > 0 && isScheme(text.substring(0, colon)) && isRest(text.substring(colon + 1));
  }

  /** {@code URI-reference}: with a scheme or without. */
  static boolean isReference(String text) {
    int colon = text.indexOf(':');
    int slash = text.indexOf('/');
    int end = firstOf(text, "?#");
    boolean inFirstSegment = colon >= 0 && colon < end && (slash < 0 || colon < slash);
    return inFirstSegment ? isUri(text) : isRest(text);
  }

  private static boolean isScheme(String scheme) {
    char first = scheme.charAt(0);
    return Names.isLetterOrDigit(first)
        && !(first >= '0' && first <= '9')
        && scheme
            .chars()
            .allMatch(c -> Names.isLetterOrDigit(c) || c == '+' || c == '-' || c == '.');
  }

  /** What follows the scheme: authority, path, query, fragment. */
  private static boolean isRest(String rest) {
    int hash = rest.indexOf('#');
    String fragment = hash < 0 ? "" : rest.substring(hash + 1);
    String beforeHash = hash < 0 ? rest : rest.substring(0, hash);
    int question = beforeHash.indexOf('?');
    String query = question < 0 ? "" : beforeHash.substring(question + 1);
    String path = question < 0 ? beforeHash : beforeHash.substring(0, question);
    if (path.startsWith("//")) {
      int slash = path.indexOf('/', 2);
      String authority = slash < 0 ? path.substring(2) : path.substring(2, slash);
      path = slash < 0 ? "" : path.substring(slash);
      if (!isAuthority(authority)) {
        return false;
      }
    }
    return isOf(path, ":@/") && isOf(query, ":@/?") && isOf(fragment, ":@/?");
  }

  private static boolean isAuthority(String authority) {
    int at = authority.indexOf('@');
    String user = at < 0 ? "" : authority.substring(0, at);
    String host = authority.substring(at + 1);
    int bracket = host.lastIndexOf(']');
    int colon = host.indexOf(':', bracket + 1);
    String port = colon < 0 ? "" : host.substring(colon + 1);
    String name = colon < 0 ? host : host.substring(0, colon);
    return isOf(user, ":")
        && port.chars().allMatch(c -> c >= '0' && c <= '9')
        && (name.startsWith("[") ? isLiteral(name) : isOf(name, ""));
  }

  private static boolean isLiteral(String name) {
    if (!name.endsWith("]")) {
      return false;
    }
    String inner = name.substring(1, name.length() - 1);
    if (!inner.startsWith("v") && !inner.startsWith("V")) {
      return Addresses.isIpv6(inner);
    }
    int dot = inner.indexOf('.');
    return dot > 1
        && dot < inner.length() - 1
        && inner.substring(1, dot).chars().allMatch(c -> c < 0x80 && Character.digit(c, 16) >= 0)
        && inner.indexOf('%') < 0
        && isOf(inner.substring(dot + 1), ":");
  }

  /** Whether all is unreserved, a delimiter, an escape, or one of {@code others}. */
  private static boolean isOf(String text, String others) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        boolean isEscape =
            i + 2 < text.length() && isHex(text.charAt(i + 1)) && isHex(text.charAt(i + 2));
        if (!isEscape) {
          return false;
        }
        i += 2;
      } else if (!Names.isLetterOrDigit(c)
          && UNRESERVED.indexOf(c) < 0
          && SUB_DELIMITERS.indexOf(c) < 0
          && others.indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isHex(char c) {
    return c < 0x80 && Character.digit(c, 16) >= 0;
  }

  private static int firstOf(String text, String characters) {
    for (int i = 0; i < text.length(); i++) {
      if (characters.indexOf(text.charAt(i)) >= 0) {
        return i;
      }
    }
    return text.length();
  }
}
