package llm.core.template.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import llm.core.schema.valid.InvalidSchema;
import llm.core.schema.valid.SchemaValidator;
import llm.domain.chat.JsonText;

/** Whether arguments fit a tool's schema. */
final class Fits {
  private Fits() {}

  static void require(JsonText schema, JsonText arguments, String where) throws InvalidSchema {
    assertThat(SchemaValidator.of(schema.value()).check(arguments.value()))
        .as(where + "\n" + arguments.value())
        .isEmpty();
  }
}
