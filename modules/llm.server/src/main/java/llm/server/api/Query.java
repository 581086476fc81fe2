package llm.server.api;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** The parameters behind the question mark of a request. Immutable. */
public final class Query {
  private static final int SHOWN = 40; // characters of a name that is not known

  private static final Pattern DIGITS = Pattern.compile("\\d{1,9}");

  private final Map<String, String> values;

  private Query(Map<String, String> values) {
    this.values = values;
  }

  /**
   * Reads {@code a=1&b=2}, percent-decoded; the last of two with one name counts.
   *
   * @param query as it was sent; empty when there is none
   * @param known the names there may be
   * @throws LlmException when there is another one
   */
  public static Query of(String query, String... known) throws LlmException {
    var values = new LinkedHashMap<String, String>();
    for (String pair : query.isEmpty() ? new String[0] : query.split("&")) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      if (!List.of(known).contains(name)) {
        String shown = name.length() > SHOWN ? name.substring(0, SHOWN) + "…" : name;
        throw refusal(
            name.isEmpty() ? "query" : shown,
            "'" + shown + "' is not known here; use " + String.join(" and ", known) + ".");
      }
      values.put(name, equals < 0 ? "" : decode(pair.substring(equals + 1), name));
    }
    return new Query(values);
  }

  /** A parameter, if it was sent. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(values.get(name));
  }

  /**
   * A whole number.
   *
   * @param unset what it is where it was not sent
   * @throws LlmException when it is none, or not within {@code least} and {@code most}
   */
  public int number(String name, int unset, int least, int most) throws LlmException {
    String text = values.get(name);
    if (text == null) {
      return unset;
    }
    if (DIGITS.matcher(text).matches()) {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    }
    throw refusal(name, name + " must be a whole number from " + least + " to " + most);
  }

  private static String decode(String value, String name) throws LlmException {
    try {
      return URLDecoder.decode(value, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      throw new LlmException(
          LlmError.InvalidRequest.at(name, name + " is not percent-encoded as a query must be"),
          malformed);
    }
  }

  private static LlmException refusal(String path, String message) {
    return new LlmException(LlmError.InvalidRequest.at(path, message));
  }
}
