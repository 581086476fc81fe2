package llm.server.tls;

/** Files that cannot serve TLS: the file, what is wrong with it, and the remedy. */
final class TlsProblem extends Exception {
  private static final long serialVersionUID = 1L;

  private final String setting;

  /**
   * A problem with the file of one setting.
   *
   * @param setting the key in {@code server.tls}, as {@code certificate}
   */
  TlsProblem(String setting, String message) {
    super(message);
    this.setting = setting;
  }

  TlsProblem(String setting, String message, Throwable cause) {
    super(message, cause);
    this.setting = setting;
  }

  String setting() {
    return setting;
  }
}
