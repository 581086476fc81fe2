package llm.core.dialect.upstream;

import java.util.Optional;

/**
 * What an upstream said of a failure.
 *
 * @param message its sentence, bounded and without control characters; may be empty
 * @param code its word for the failure, as {@code context_length_exceeded}, or the kind it gave
 * @param status the HTTP status that it named inside, 400 to 599
 * @param promptTokens what it counted of a prompt that is too long, over 0
 * @param contextTokens what there is for one, over 0
 */
public record UpstreamError(
    String message,
    Optional<String> code,
    Optional<Integer> status,
    Optional<Integer> promptTokens,
    Optional<Integer> contextTokens) {
  private static final int MOST_CHARACTERS = 1_000;
  private static final int MOST_CODE_CHARACTERS = 100;

  /** Bounds and cleans the texts; drops a status that is none. */
  public UpstreamError {
    message = cleaned(message, MOST_CHARACTERS);
    code = code.map(text -> cleaned(text, MOST_CODE_CHARACTERS)).filter(text -> !text.isEmpty());
    status = status.filter(number -> number >= 400 && number <= 599);
    promptTokens = promptTokens.filter(number -> number > 0);
    contextTokens = contextTokens.filter(number -> number > 0);
  }

  /** An error of which there is a sentence only. */
  public static UpstreamError of(String message) {
    return new UpstreamError(
        message, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  private static String cleaned(String text, int most) {
    String line = text.strip();
    if (line.length() > most) {
      int end = Character.isHighSurrogate(line.charAt(most - 1)) ? most - 1 : most;
      line = line.substring(0, end) + "…";
    }
    boolean clean = line.chars().noneMatch(Character::isISOControl);
    return clean ? line : line.replaceAll("\\p{Cntrl}+", " ");
  }
}
