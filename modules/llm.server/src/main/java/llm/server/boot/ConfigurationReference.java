package llm.server.boot;

/** The reference of every setting. */
final class ConfigurationReference {
  private ConfigurationReference() {}

  static String markdown() {
    return "";
  }
}
