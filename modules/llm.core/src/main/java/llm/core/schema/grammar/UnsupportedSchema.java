package llm.core.schema.grammar;

import java.util.Objects;
import llm.domain.error.LlmError;

/** A schema for which no grammar can be made that lets only valid texts through. */
public final class UnsupportedSchema extends Exception {
  private static final long serialVersionUID = 1;

  private final String path;
  private final String reason;

  /**
   * A refusal.
   *
   * @param path of the keyword or schema, from {@code $}, as {@code $.properties.a.pattern}
   * @param reason what stands there, why it cannot be held and what can
   */
  public UnsupportedSchema(String path, String reason) {
    super(path + ": " + reason);
    this.path = Objects.requireNonNull(path);
    this.reason = Objects.requireNonNull(reason);
  }

  /** Where in the schema, as {@code $.properties.a.pattern}; {@code $} is the schema itself. */
  public String path() {
    return path;
  }

  /** Why, in one sentence that begins in lower case. */
  public String reason() {
    return reason;
  }

  /**
   * The error for who sent the schema.
   *
   * @param parameter the field that holds the schema, as {@code response_format.json_schema.schema}
   */
  public LlmError error(String parameter) {
    String field = parameter + path.substring(1);
    return LlmError.InvalidRequest.at(field, field + ": " + reason);
  }
}
