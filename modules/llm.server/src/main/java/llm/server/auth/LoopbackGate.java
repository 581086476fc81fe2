package llm.server.auth;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.domain.call.Principal;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Gate;
import llm.server.http.Head;
import llm.server.http.Route;

/**
 * Guards a server without keys, which listens on loopback only. What is left to fear is a web page
 * in a browser on this machine: its requests carry the page's Origin, or, after the page's name was
 * rebound to 127.0.0.1 (DNS rebinding), the page's name as Host. Both must name this machine.
 */
final class LoopbackGate implements Gate {
  private static final Pattern AUTHORITY =
      Pattern.compile(
          "(?:localhost|127\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}|\\[::1])(?::(\\d{1,5}))?",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern ORIGIN_SCHEME =
      Pattern.compile("https?://(.*)", Pattern.CASE_INSENSITIVE);

  private final int port;

  LoopbackGate(int port) {
    this.port = port;
  }

  @Override
  public Principal admit(Head head, Route.Kind kind) throws LlmException {
    List<String> hosts = head.authorities();
    if (hosts.isEmpty() || !hosts.stream().allMatch(this::isOurs)) {
      throw refused("Host", String.join(", ", hosts));
    }
    if (!head.origins().stream().allMatch(this::isOurOrigin)) {
      throw refused("Origin", String.join(", ", head.origins()));
    }
    return Principal.LOCAL;
  }

  private boolean isOurOrigin(String origin) {
    Matcher matcher = ORIGIN_SCHEME.matcher(origin.strip());
    return matcher.matches() && isOurs(matcher.group(1));
  }

  private boolean isOurs(String authority) {
    Matcher matcher = AUTHORITY.matcher(authority.strip());
    return matcher.matches()
        && (matcher.group(1) == null || Integer.parseInt(matcher.group(1)) == port);
  }

  private static LlmException refused(String header, String value) {
    return new LlmException(
        new LlmError.Forbidden(
            "A server without API keys answers this machine only, and "
                + header
                + " '"
                + value.substring(0, Math.min(value.length(), 100))
                + "' is another; use http://localhost or configure auth.keys."));
  }
}
