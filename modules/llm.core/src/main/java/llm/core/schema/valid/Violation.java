package llm.core.schema.valid;

import llm.domain.error.LlmError;

/**
 * Where a text does not keep to its schema.
 *
 * @param path the value it is about, as {@code items[2].name}; empty: the text as a whole
 * @param keyword what of the schema it breaks, as {@code $.properties.items.maxItems}; {@code $}:
 *     the text is no JSON value, or is too large to be judged
 * @param problem what was expected and what was found, without the full stop; of the value it
 *     repeats names, numbers and choices alone
 */
public record Violation(String path, String keyword, String problem) {

  /** One sentence without the full stop. */
  public String message() {
    return (path.isEmpty() ? "the JSON value" : path) + ": " + problem + " (" + keyword + ")";
  }

  /** The same as a failure of the model that wrote the text. */
  public LlmError toError() {
    return new LlmError.InvalidAnswer(path, message());
  }
}
