package llm.core.testkit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * A request as the {@link FaultUpstream} got it.
 *
 * @param connection the number of its connection, from 1 in the order of their acceptance
 * @param method as {@code POST}
 * @param target as it stood in the request line
 * @param headerLines the field lines as they came, without their ends
 * @param body the body, decoded as UTF-8
 */
public record Received(
    int connection, String method, String target, List<String> headerLines, String body) {

  /** Copies the list. */
  public Received {
    headerLines = List.copyOf(headerLines);
  }

  /** The first value of a field, names compared without case. */
  public Optional<String> header(String name) {
    return headers(name).stream().findFirst();
  }

  /** Every value of a field, in order. */
  public List<String> headers(String name) {
    return headerLines.stream()
        .filter(line -> line.indexOf(':') == name.length())
        .filter(line -> line.regionMatches(true, 0, name, 0, name.length()))
        .map(line -> line.substring(name.length() + 1).strip())
        .toList();
  }

  /** The length of the body in bytes. */
  public int bodyBytes() {
    return body.getBytes(StandardCharsets.UTF_8).length;
  }
}
