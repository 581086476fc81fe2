package llm.core.schema;

/** Where in the grammar of RFC 8259 a reader is. */
enum JsonState {
  LEADING("a value"),
  VALUE("a value"),
  FIRST_ELEMENT("a value or ]"),
  FIRST_NAME("a name in quotes or }"),
  NAME("a name in quotes"),
  COLON("a colon"),
  AFTER_ELEMENT("a comma or ]"),
  AFTER_MEMBER("a comma or }"),
  STRING("a string"),
  NUMBER("a number"),
  WORD("true, false or null"),
  TRAILING("nothing more");

  private final String expected;

  JsonState(String expected) {
    this.expected = expected;
  }

  /** What may stand here, for a sentence. */
  String expected() {
    return expected;
  }
}
