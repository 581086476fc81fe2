package llm.server.boot;

/** What somebody who starts the server by hand is told of how to ask it. */
final class Greeting {
  private static final int MOST_CHARS = 300; // of what a model is: files and upstreams say it

  private Greeting() {}

  /**
   * Two lines: who answers, and a command that asks it.
   *
   * @param is what the default model is, in a sentence; control characters of it are not shown
   * @param needsKey whether the server asks for a key
   * @param selfSigned whether a client has to be told not to look who signed the certificate
   */
  static String of(
      String url, String defaultModel, String is, boolean needsKey, boolean selfSigned) {
    return "Requests without a model go to "
        + shown(defaultModel)
        + (is.isEmpty() ? "" : ": " + shown(is))
        + "\ncurl -N "
        + (selfSigned ? "-k " : "")
        + url
        + "/llm/stream"
        + (needsKey ? " -H 'authorization: Bearer KEY'" : "")
        + " -H 'content-type: application/json' -d '{\"prompt\": \"Which port do you listen on?\"}'";
  }

  /** On one line, and with nothing that a terminal obeys. */
  private static String shown(String text) {
    var line = new StringBuilder();
    text.codePoints()
        .limit(MOST_CHARS)
        .map(point -> isShown(point) ? point : '?')
        .forEach(line::appendCodePoint);
    return text.codePointCount(0, text.length()) > MOST_CHARS
        ? line.append('…').toString()
        : line.toString();
  }

  private static boolean isShown(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
