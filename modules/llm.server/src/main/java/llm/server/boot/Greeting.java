package llm.server.boot;

/** What somebody who starts the server by hand is told of how to ask it. */
final class Greeting {
  private Greeting() {}

  /**
   * Two lines: who answers, and a command that asks it.
   *
   * @param is what the default model is, in a sentence
   */
  static String of(String url, String defaultModel, String is) {
    return "Requests without a model go to "
        + defaultModel
        + (is.isEmpty() ? "" : ": " + is)
        + "\ncurl -N "
        + url
        + "/llm/stream -H 'content-type: application/json' -d '{\"prompt\": \"Which port do you"
        + " listen on?\"}'";
  }
}
