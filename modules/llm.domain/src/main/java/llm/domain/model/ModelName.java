package llm.domain.model;

/**
 * A model's id as callers write it.
 *
 * @param value 1 to 256 printable characters without blanks at the ends
 */
public record ModelName(String value) {
  private static final int MAX_LENGTH = 256;

  /** Rejects an id that is blank, too long or has control characters. */
  public ModelName {
    if (value.isBlank()
        || value.length() > MAX_LENGTH
        || !value.equals(value.strip())
        || value.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "model name must be 1 to "
              + MAX_LENGTH
              + " printable characters without blanks at the ends");
    }
  }

  @Override
  public String toString() {
    return value;
  }
}
