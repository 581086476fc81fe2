package llm.server.engine.message;

import com.sun.net.httpserver.Headers;
import java.net.URI;

/**
 * What the fields of one head say about the connection and the body. Two ways to read where a body
 * ends are how requests are smuggled, so every doubt is a refusal (RFC 9112, section 11.2).
 */
final class Framing {
  private static final long NO_LENGTH = -2;

  private long length = NO_LENGTH;
  private int hosts;
  private boolean badHost;
  private boolean chunked;
  private boolean expected;
  private boolean unknownExpectation;
  private boolean close;
  private boolean keepAlive;

  /** Takes note of a field; names are as {@link FieldNames} gives them. */
  void see(String name, String value) throws RefusedException {
    switch (name) {
      case "Host" -> {
        hosts++;
        badHost |= !Targets.isAuthority(value);
      }
      case "Content-length" -> {
        if (length != NO_LENGTH) {
          throw new RefusedException(Refusal.LENGTH);
        }
        length = HeadReader.length(value);
      }
      case "Transfer-encoding" -> seeCoding(value);
      case "Expect" -> {
        expected = true;
        unknownExpectation |= !value.equalsIgnoreCase("100-continue");
      }
      case "Connection" -> {
        close |= hasOption(value, "close");
        keepAlive |= hasOption(value, "keep-alive");
      }
      default -> {
        // means nothing to the framing
      }
    }
  }

  private void seeCoding(String value) throws RefusedException {
    if (hasForeignCoding(value)) {
      throw new RefusedException(Refusal.CODING);
    }
    if (chunked || !value.equalsIgnoreCase("chunked")) {
      throw new RefusedException(Refusal.FRAMING); // chunked twice, or an empty list
    }
    chunked = true;
  }

  private static boolean hasForeignCoding(String value) {
    for (String coding : value.split(",")) {
      String word = coding.strip();
      if (!word.isEmpty() && !word.equalsIgnoreCase("chunked")) {
        return true;
      }
    }
    return false;
  }

  /** The head, when the fields go together. */
  RequestHead head(String method, URI target, boolean old, Headers fields) throws RefusedException {
    if (badHost || hosts > 1 || (hosts == 0 && !old)) {
      throw new RefusedException(Refusal.HOST);
    }
    if (chunked && (old || length != NO_LENGTH)) {
      throw new RefusedException(Refusal.FRAMING);
    }
    if (unknownExpectation && !old) {
      throw new RefusedException(Refusal.EXPECTATION);
    }
    long body = bodyLength();
    boolean keeps = !close && (!old || keepAlive);
    boolean waits = expected && !old && body != 0;
    return new RequestHead(method, target, old, fields, body, waits, keeps);
  }

  private long bodyLength() {
    if (chunked) {
      return RequestHead.CHUNKED;
    }
    return length == NO_LENGTH ? 0 : length;
  }

  /** Whether {@code list}, separated by commas, has {@code option}, in any case. */
  static boolean hasOption(String list, String option) {
    for (int from = 0; from <= list.length(); ) {
      int comma = list.indexOf(',', from);
      int end = comma < 0 ? list.length() : comma;
      int to = end;
      while (from < to && isBlank(list.charAt(from))) {
        from++;
      }
      while (to > from && isBlank(list.charAt(to - 1))) {
        to--;
      }
      if (to - from == option.length()
          && list.regionMatches(true, from, option, 0, option.length())) {
        return true;
      }
      from = end + 1;
    }
    return false;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
