package llm.providers.mock;

import static org.assertj.core.api.Assertions.assertThat;

import llm.domain.chat.JsonText;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaSampleTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {} | {}
          {"type":"object","properties":{"a":{"type":"string"}}} | {}
          {"properties":{"a":{"type":"string"}},"required":["a"]} | {"a":"demo"}
          {"properties":{"a":{"type":"string","minLength":6,"maxLength":7}},"required":["a"]} | {"a":"demodem"}
          {"properties":{"a":{"type":"string","maxLength":2}},"required":["a"]} | {"a":"de"}
          {"properties":{"a":{"type":["integer","null"],"minimum":2.5}},"required":["a"]} | {"a":3}
          {"properties":{"a":{"type":"number","exclusiveMinimum":2}},"required":["a"]} | {"a":3.0}
          {"properties":{"a":{"type":"integer","maximum":-4}},"required":["a"]} | {"a":-4}
          {"properties":{"a":{"type":"boolean"},"b":{"type":"null"}},"required":["a","b"]} | {"a":true,"b":null}
          {"properties":{"a":{"enum":["x","y"]},"b":{"const":7}},"required":["a","b"]} | {"a":"x","b":7}
          {"properties":{"a":{"type":"string","default":"d"}},"required":["a"]} | {"a":"d"}
          {"properties":{"a":{"type":"array"}},"required":["a"]} | {"a":[]}
          {"properties":{"a":{"type":"array","minItems":2,"items":{"type":"string"}}},"required":["a"]} | {"a":["demo","demo"]}
          {"properties":{"a":{"anyOf":[{"type":"integer"},{"type":"string"}]}},"required":["a"]} | {"a":1}
          {"properties":{"a":{"$ref":"#/$defs/x"}},"required":["a"],"$defs":{"x":{"type":"boolean"}}} | {"a":true}
          {"properties":{"a":{"type":"object","properties":{"b":{"type":"string"}},"required":["b"]}},"required":["a"]} | {"a":{"b":"demo"}}
          {"type":"string"} | {}
          [] | {}
          no json | {}
          """)
  void makesUpArgumentsThatFit(String schema, String arguments) {
    assertThat(SchemaSample.of(new JsonText(schema)).value()).isEqualTo(arguments);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"properties":{"a":{"$ref":"#"}},"required":["a"]}
          {"$ref":"#/x","x":{"$ref":"#/x"}}
          {"properties":{"a":{"$ref":"http://other"}},"required":["a"]}
          {"properties":{"a":{"type":"array","minItems":1000000000}},"required":["a"]}
          {"properties":{"a":{"type":"string","minLength":1000000000}},"required":["a"]}
          """)
  void staysSmallWhateverTheSchema(String schema) {
    assertThat(SchemaSample.of(new JsonText(schema)).value()).startsWith("{").hasSizeLessThan(300);
  }
}
