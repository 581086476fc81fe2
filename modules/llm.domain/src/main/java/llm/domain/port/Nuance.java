package llm.domain.port;

/**
 * What of a request our types know and not every provider has a place for. A request is answered
 * without it too, so it is not refused; the caller is told that it did not reach the model.
 */
public enum Nuance {
  /** Reasoning of earlier answers that nobody signed. */
  REASONING,
  /** Names of speakers. */
  NAMES,
  /** How closely an image is to be looked at. */
  IMAGE_DETAIL,
  /** What a schema for the answer is for. */
  SCHEMA_DESCRIPTION,
  /** A text that the answer is expected to repeat. */
  PREDICTION
}
