package llm.providers.mock;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import llm.core.schema.JsonLimits;
import llm.core.schema.PartialJson;
import llm.core.schema.Schema;
import llm.domain.chat.JsonText;
import org.junit.jupiter.api.Test;
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
          {"properties":{"a":{"const":1.10},"b":{"enum":[123456789012345678901]}},"required":["a","b","a"]} | {"a":1.10,"b":123456789012345678901}
          {"properties":{"a":{"type":"integer","minimum":9007199254740993}},"required":["a"]} | {"a":9007199254740993}
          {"properties":{"a":{"type":"integer","exclusiveMinimum":-5}},"required":["a"]} | {"a":-4}
          {"properties":{"a":{"type":"number","minimum":1e999}},"required":["a"]} | {"a":1.7976931348623157E308}
          {"properties":{"a":{"$ref":"#/x~1y/1"}},"required":["a"],"x/y":[{},{"type":"null"}]} | {"a":null}
          {"properties":{"a":{"$ref":"#/x/2"}},"required":["a"],"x":[{}]} | {"a":{}}
          {"properties":{"a":true},"required":["a",7,"b"]} | {"a":{},"b":{}}
          {"const":"no object"} | {}
          {"type":"object"} more | {}
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

  @Test
  void isBoundedWhereReferencesMultiply() {
    String names = IntStream.range(0, 300).mapToObj("\"%d\""::formatted).collect(joining(","));
    String properties =
        IntStream.range(0, 300)
            .mapToObj("\"%d\":{\"$ref\":\"#/x\"}"::formatted)
            .collect(joining(","));
    String wide = "{\"properties\":{%s},\"required\":[%s]}".formatted(properties, names);
    String schema = "{\"$ref\":\"#/x\",\"x\":%s}".formatted(wide);

    String arguments = SchemaSample.of(new JsonText(schema)).value();

    assertThat(arguments).startsWith("{\"0\":{\"0\":").hasSizeLessThan(4 * SchemaSample.MOST_TEXT);
    var limits = new JsonLimits(64, arguments.length(), arguments.length());
    var reader = new PartialJson(Schema.ANYTHING, PartialJson.Framing.EXACT, limits);
    reader.feed(arguments);
    assertThat(reader.end()).isTrue();
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
