package llm.core.config;

/**
 * A value that must not be shown: it prints as {@code ***} everywhere.
 *
 * @param reveal the secret itself, for the one place that needs it
 */
public record Secret(String reveal) {
  @Override
  public String toString() {
    return "***";
  }
}
