package llm.core.schema.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import llm.core.testkit.grammar.GbnfMachine;
import llm.domain.error.LlmError;
import org.junit.jupiter.api.Test;

class SchemaGrammarTest {

  @Test
  void writesOneRuleForEachObject() throws UnsupportedSchema {
    Grammar grammar =
        SchemaGrammar.of(
            """
            {"type": "object", "properties": {
               "name": {"type": "string", "maxLength": 20},
               "age": {"type": "integer", "minimum": 0, "maximum": 150},
               "kind": {"enum": ["cat", "car", "dog"]},
               "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
               "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3}},
             "required": ["name", "kind"]}
            """);
    var machine = new GbnfMachine(grammar.gbnf());
    assertThat(machine.accepts("{\"name\":\"a\",\"kind\":\"cat\"}")).isTrue();
    assertThat(machine.accepts("{\"name\":\"a\",\"age\":150,\"kind\":\"cat\"}")).isTrue();
    assertThat(machine.accepts("{\"name\":\"a\",\"age\":151,\"kind\":\"cat\"}")).isFalse();
    assertThat(machine.accepts("{\"name\": \"a\", \"kind\": \"dog\", \"next\": null}")).isTrue();
    assertThat(machine.accepts("{\"kind\":\"dog\"}")).isFalse();
  }

  @Test
  void anyObjectHasValuesOfAllTypesAndEnds() {
    var machine = new GbnfMachine(SchemaGrammar.anyObject().gbnf());
    assertThat(machine.accepts("{}")).isTrue();
    assertThat(machine.accepts("{\"a\": [1, {\"b\": null}], \"c\": -1.5e3}")).isTrue();
    assertThat(machine.accepts("[]")).isFalse();
    assertThat(machine.accepts("{\"a\":" + "[".repeat(40) + "]".repeat(40) + "}")).isFalse();
    var random = new Random(1);
    for (int i = 0; i < 200; i++) {
      String text = machine.walk(random);
      assertThat(machine.accepts(text)).as(text).isTrue();
    }
  }

  @Test
  void aRefusalIsAnErrorThatNamesTheFieldOfTheRequest() {
    assertThatThrownBy(() -> SchemaGrammar.of("{\"properties\":{\"a\":{\"pattern\":\"(?=x)\"}}}"))
        .isInstanceOfSatisfying(
            UnsupportedSchema.class,
            refusal -> {
              assertThat(refusal.path()).isEqualTo("$.properties.a.pattern");
              assertThat(refusal.error("response_format.json_schema.schema"))
                  .isInstanceOfSatisfying(
                      LlmError.InvalidRequest.class,
                      error -> {
                        assertThat(error.path())
                            .contains("response_format.json_schema.schema.properties.a.pattern");
                        assertThat(error.message()).contains("lookaround");
                      });
            });
  }
}
