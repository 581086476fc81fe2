package llm.domain.model;

/** What a provider does of itself so that an answer fits a schema. */
public enum SchemaSupport {
  /** It takes the schema, and holds the answer to it. */
  NATIVE,
  /** It answers as some JSON object; the schema has to be told in words. */
  JSON_MODE,
  /** Nothing: all has to be told in words. */
  WORDS,
  /** Nothing, and it is not to be asked in words either. */
  NONE
}
