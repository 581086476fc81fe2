package llm.core.schema.valid;

import llm.domain.error.LlmError;

/** A schema that nothing can be judged by: it is none, refers elsewhere, or asks too much. */
public final class InvalidSchema extends Exception {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final String reason;

  InvalidSchema(Place place, String reason) {
    this(place.inSchema(), reason);
  }

  InvalidSchema(String path, String reason) {
    super(path + ": " + reason);
    this.path = path;
    this.reason = reason;
  }

  /** The keyword it is about, as {@code $.properties.a.pattern}. */
  public String path() {
    return path;
  }

  /** Why, without the full stop. */
  public String reason() {
    return reason;
  }

  /**
   * The same as a refusal of the request that has the schema.
   *
   * @param field where in the request the schema stands, as its dialect calls it
   */
  public LlmError toError(String field) {
    return LlmError.InvalidRequest.at(
        field, "The schema cannot be held to, at " + path + ": " + reason + ".");
  }
}
