package llm.server.engine.message;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads request targets (RFC 9112, section 3.2) and checks authorities. The last target of a
 * connection is remembered, since most clients ask for one path again and again.
 */
final class Targets {
  private static final URI WHOLE_SERVER = URI.create("*");

  /** A longer one would cost each idle connection as much memory as its client likes. */
  private static final int MAX_REMEMBERED = 256;

  private byte[] last = new byte[0];
  private URI lastTarget = WHOLE_SERVER;

  /** The target of a request that is no CONNECT. */
  URI read(String method, byte[] bytes, int from, int to) throws RefusedException {
    if (Arrays.equals(last, 0, last.length, bytes, from, to)) {
      return lastTarget;
    }
    if (to - from == 1 && bytes[from] == '*') {
      if (method.equals("OPTIONS")) {
        return WHOLE_SERVER;
      }
      throw new RefusedException(Refusal.TARGET);
    }
    for (int i = from; i < to; i++) {
      if (!Characters.isTarget(bytes[i])) {
        throw new RefusedException(Refusal.TARGET);
      }
    }
    URI target = parse(new String(bytes, from, to - from, StandardCharsets.ISO_8859_1));
    if (to - from <= MAX_REMEMBERED) {
      lastTarget = target;
      last = Arrays.copyOfRange(bytes, from, to);
    }
    return target;
  }

  private static URI parse(String text) throws RefusedException {
    try {
      if (!text.startsWith("/")) {
        return absolute(new URI(text));
      }
      // Two slashes begin a path here, and an authority in a URI; an empty one keeps it a path.
      return new URI(text.startsWith("//") ? "//" + text : text);
    } catch (URISyntaxException malformed) {
      throw new RefusedException(Refusal.TARGET);
    }
  }

  private static URI absolute(URI target) throws RefusedException, URISyntaxException {
    String scheme = target.getScheme();
    boolean web = "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
    String authority = target.getRawAuthority();
    if (!web || authority == null || authority.isEmpty() || !isAuthority(authority)) {
      throw new RefusedException(Refusal.TARGET);
    }
    if (!target.getRawPath().isEmpty()) {
      return target;
    }
    String query = target.getRawQuery() == null ? "" : "?" + target.getRawQuery();
    return new URI(scheme + "://" + authority + "/" + query);
  }

  /** Whether {@code text} is {@code uri-host [":" port]}; an empty host is one (RFC 9110, 7.2). */
  static boolean isAuthority(String text) {
    int hostEnd;
    if (text.startsWith("[")) {
      hostEnd = text.indexOf(']') + 1;
      if (!isAddress(text, hostEnd)) {
        return false;
      }
    } else {
      int colon = text.indexOf(':');
      hostEnd = colon < 0 ? text.length() : colon;
      if (!isName(text, hostEnd)) {
        return false;
      }
    }
    return hostEnd == text.length() || isPort(text, hostEnd);
  }

  private static boolean isName(String text, int end) {
    for (int i = 0; i < end; i++) {
      char c = text.charAt(i);
      if (!Characters.isHostName(c)) {
        return false;
      }
      if (c == '%') {
        if (i + 2 >= end
            || Characters.hexadecimal(text.charAt(i + 1)) < 0
            || Characters.hexadecimal(text.charAt(i + 2)) < 0) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean isAddress(String text, int end) {
    for (int i = 1; i < end - 1; i++) {
      char c = text.charAt(i);
      if (Characters.hexadecimal(c) < 0 && c != ':' && c != '.') {
        return false;
      }
    }
    return end > 3;
  }

  private static boolean isPort(String text, int colon) {
    if (text.charAt(colon) != ':' || text.length() - colon > 6) {
      return false;
    }
    for (int i = colon + 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }
}
