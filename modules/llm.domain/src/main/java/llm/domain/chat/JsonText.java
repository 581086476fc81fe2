package llm.domain.chat;

/**
 * JSON as text, relayed byte-exact: schemas, tool arguments, fields we do not know. It is what a
 * parser at the edge cut out of a valid document, or what a model produced; this type does not
 * parse.
 *
 * @param value the JSON text
 */
public record JsonText(String value) {
  /** The empty object. */
  public static final JsonText EMPTY_OBJECT = new JsonText("{}");

  @Override
  public String toString() {
    return value;
  }
}
