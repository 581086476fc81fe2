package llm.core.schema.valid;

import llm.core.schema.JsonNode;

/** What one keyword of a schema, or some that belong together, ask of a value. Immutable. */
@FunctionalInterface
interface Rule {
  /**
   * Judges {@code value}.
   *
   * @param at where it is
   * @param marks which of its parts some keyword of this schema has judged; to be added to
   * @return what is wrong; null: nothing
   */
  Fault check(JsonNode value, Place at, Run run, Marks marks);

  /** A {@link Violation} that may not be told in the end: of an alternative, another may fit. */
  record Fault(Place at, Place keyword, String problem) {
    Violation told() {
      return new Violation(at.inValue(), keyword.inSchema(), problem);
    }
  }
}
