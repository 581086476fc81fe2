package llm.server.auth;

/** A key that was just made. */
public final class NewApiKey {
  private NewApiKey() {}

  /**
   * Makes a key and says what to do with it.
   *
   * @param name whose it is, not blank
   * @return text for the terminal: the key, which is stored nowhere, and the configuration that
   *     accepts it
   */
  public static String describe(String name) {
    String secret = ApiKey.newSecret();
    return """
    # The key, shown this once:
    #   %s
    # What the configuration file needs to accept it:
    auth:
      keys:
        - name: "%s"
          sha256: %s
    """
        .formatted(secret, name.replace("\\", "\\\\").replace("\"", "\\\""), ApiKey.stored(secret));
  }
}
