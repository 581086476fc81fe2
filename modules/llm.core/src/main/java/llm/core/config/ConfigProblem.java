package llm.core.config;

/**
 * One thing that is wrong with the configuration; prints as {@code configs/config.yml:12:
 * server.port: 70000 must be integer, 0 to 65535}. No secret is in it.
 *
 * @param source the file, {@code environment NAME} or the flag as the user wrote it
 * @param line the line in the file, from 1; 0 where there is none
 * @param key the path of the setting; empty when the problem is the source as a whole
 * @param message what is wrong and what would be right
 */
public record ConfigProblem(String source, int line, String key, String message) {
  @Override
  public String toString() {
    return source
        + (line > 0 ? ":" + line : "")
        + ": "
        + (key.isEmpty() ? "" : key + ": ")
        + message;
  }
}
