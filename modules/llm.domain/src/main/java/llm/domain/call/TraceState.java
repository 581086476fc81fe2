package llm.domain.call;

import java.util.ArrayList;
import java.util.List;

/**
 * The header {@code tracestate} of W3C trace context (https://www.w3.org/TR/trace-context/): what
 * tracing systems of others say to each other. We have nothing to add and pass it on within the
 * standard's limits.
 */
final class TraceState {
  /** Members of a list; one with more is no tracestate. */
  private static final int MOST_MEMBERS = 32;

  /** What has to be passed on; of a longer one, members are left out as the standard says. */
  private static final int MOST_CHARS = 512;

  /** Members beyond this length are left out first. */
  private static final int LONG_MEMBER = 128;

  private static final int MOST_KEY_CHARS = 256;
  private static final int MOST_VALUE_CHARS = 256;

  private TraceState() {}

  /** {@code header} as it is passed on; empty where it is not what the standard allows. */
  static String read(String header) {
    if (header.isEmpty()) {
      return "";
    }
    List<String> members = new ArrayList<>();
    for (String part : header.split(",", -1)) {
      String member = part.strip();
      if (!member.isEmpty()) {
        if (!isMember(member) || members.size() == MOST_MEMBERS) {
          return "";
        }
        members.add(member);
      }
    }
    return String.join(",", shortened(members));
  }

  private static List<String> shortened(List<String> members) {
    int length = members.stream().mapToInt(member -> member.length() + 1).sum() - 1;
    for (int at = members.size() - 1; at >= 0 && length > MOST_CHARS; at--) {
      if (members.get(at).length() > LONG_MEMBER) {
        length -= members.remove(at).length() + 1;
      }
    }
    while (length > MOST_CHARS) {
      length -= members.removeLast().length() + 1;
    }
    return members;
  }

  private static boolean isMember(String member) {
    int equals = member.indexOf('=');
    int valueChars = member.length() - equals - 1;
    if (equals < 1 || equals > MOST_KEY_CHARS || valueChars < 1 || valueChars > MOST_VALUE_CHARS) {
      return false;
    }
    for (int at = 0; at < equals; at++) {
      if (!isOfKey(member.charAt(at))) {
        return false;
      }
    }
    for (int at = equals + 1; at < member.length(); at++) {
      char c = member.charAt(at);
      if (c < ' ' || c > '~' || c == '=') {
        return false; // no comma either: it ended the member
      }
    }
    return true;
  }

  private static boolean isOfKey(char c) {
    return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || "_-*/@".indexOf(c) >= 0;
  }
}
