package llm.core.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import llm.core.schema.PartialJson.Framing;
import llm.domain.chat.JsonText;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("C-3: a schema is read, written and held against what comes")
class SchemaTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"type\":\"string\",\"minLength\":1,\"maxLength\":9}",
        "{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}",
        "{\"type\":\"integer\",\"minimum\":-3,\"maximum\":2147483647}",
        "{\"type\":\"number\",\"minimum\":0.5,\"maximum\":10}",
        "{\"type\":\"boolean\"}",
        "{\"type\":\"null\"}",
        "{\"type\":\"array\",\"items\":{\"type\":\"null\"},\"minItems\":1,\"maxItems\":2}",
        "{\"type\":\"object\"}",
        "{\"type\":\"object\",\"description\":\"d\",\"properties\":{\"a\":{\"type\":\"string\","
            + "\"description\":\"e\"},\"b\":{}},\"required\":[\"a\"],\"additionalProperties\":false}",
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}",
        "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}"
      })
  void whatIsWrittenIsWhatWasRead(String text) throws LlmException {
    assertThat(schema(text).toJson().value()).isEqualTo(text);
  }

  @Test
  void otherWaysToSayTheSameAreReadToo() throws LlmException {
    assertThat(schema("true")).isEqualTo(Schema.ANYTHING);
    assertThat(schema("{\"const\":\"a\"}")).isEqualTo(schema("{\"enum\":[\"a\"]}"));
    assertThat(schema("{\"type\":[\"string\",\"null\"],\"maxLength\":3}"))
        .isEqualTo(
            schema("{\"anyOf\":[{\"type\":\"string\",\"maxLength\":3},{\"type\":\"null\"}]}"));
    assertThat(schema("{\"type\":[\"string\",\"integer\"]}"))
        .isEqualTo(schema("{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"integer\"}]}"));
    assertThat(schema("{\"title\":\"T\",\"$schema\":\"s\",\"type\":\"string\",\"default\":1}"))
        .isEqualTo(schema("{\"type\":\"string\"}"));
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        arguments(
            "{",
            "p is no JSON schema: the JSON value: expected a name in quotes or }, found the end of the text (at 1)."),
        arguments("[]", "p must be a schema, an object; it is an array."),
        arguments("false", "p must be a schema, an object; it is true or false."),
        arguments(
            "{\"type\":\"text\"}",
            "p.type must be string, integer, number, boolean, null, array or object; it is 'text'."),
        arguments("{\"type\":3}", "p.type must be an array of strings."),
        arguments(
            "{\"type\":\"string\",\"minLength\":-1}", "p.minLength must be from 0 to 2147483647."),
        arguments("{\"type\":\"string\",\"maxLength\":1.5}", "p.maxLength must be an integer."),
        arguments(
            "{\"type\":\"string\",\"minLength\":2,\"maxLength\":1}",
            "p is a schema that nothing fits: bounds 2 to 1 fit nothing."),
        arguments("{\"type\":\"number\",\"minimum\":\"1\"}", "p.minimum must be a number."),
        arguments(
            "{\"type\":\"number\",\"minimum\":2,\"maximum\":1}",
            "p is a schema that nothing fits: minimum 2.0 is above maximum 1.0."),
        arguments("{\"type\":\"object\",\"properties\":[]}", "p.properties must be an object."),
        arguments(
            "{\"type\":\"object\",\"required\":[\"a\"]}",
            "p.required names 'a', which is no property."),
        arguments("{\"type\":\"object\",\"properties\":{\"a\":{\"items\":[]}}}", null),
        arguments("{\"anyOf\":[]}", "p.anyOf must be an array of at least one schema."),
        arguments("{\"enum\":[1]}", "p.enum must be an array of strings."),
        arguments("{\"enum\":[]}", "p.enum must have at least one string."),
        arguments("{\"const\":1}", "p.const must be a string; other constants are not supported."),
        arguments(
            "{\"type\":\"integer\",\"enum\":[\"1\"]}",
            "p may have enum or const, one of them, of strings."),
        arguments(
            "{\"type\":\"array\",\"items\":{\"type\":\"x\"}}",
            "p.items.type must be string, integer, number, boolean, null, array or object; it is 'x'."));
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void aSchemaThatCannotBeIsRefusedWithItsPlace(String text, String message) {
    assertThatThrownBy(() -> Schema.parse(new JsonText(text), "p"))
        .isInstanceOf(LlmException.class)
        .satisfies(e ->
            assertThat(message == null || e.getMessage().equals(message))
                .as(e.getMessage())
                .isTrue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pattern", "format", "$ref", "oneOf", "allOf", "not", "multipleOf", "uniqueItems"})
  void aKeywordThatIsNotHeldIsRefusedAndNotIgnored(String keyword) {
    String text =
        "{\"type\":\"object\",\"properties\":{\"a b\":{\"type\":\"string\",\"%s\":1}}}"
            .formatted(keyword);
    assertThatThrownBy(() -> schema(text))
        .hasMessageStartingWith(
            "properties['a b'] has the keyword '" + keyword + "', which is not supported here;")
        .extracting(e -> ((LlmException) e).error())
        .isInstanceOf(LlmError.InvalidRequest.class);
  }

  static Stream<Arguments> misfits() {
    String point =
        "{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\",\"minimum\":0,\"maximum\":9},"
            + "\"y\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"maxLength\":2},\"maxItems\":2,"
            + "\"minItems\":1}},\"required\":[\"x\",\"y\"],\"additionalProperties\":false}";
    String shapes =
        "{\"anyOf\":[{\"type\":\"object\",\"properties\":{\"type\":{\"const\":\"circle\"},\"r\":"
            + "{\"type\":\"number\"}},\"required\":[\"type\",\"r\"],\"additionalProperties\":false},"
            + "{\"type\":\"object\",\"properties\":{\"type\":{\"const\":\"box\"},\"a\":"
            + "{\"type\":\"integer\"}},\"required\":[\"type\",\"a\"],\"additionalProperties\":false}]}";
    return Stream.of(
        arguments(point, "[", "the JSON value: expected an object, found an array (at 0)"),
        arguments(point, "{\"x\":\"", "x: expected an integer from 0 to 9, found a string (at 5)"),
        arguments(point, "{\"x\":10,", "x: expected an integer from 0 to 9, found 10 (at 7)"),
        arguments(point, "{\"x\":0.5,", "x: expected an integer from 0 to 9, found 0.5 (at 8)"),
        arguments(
            point,
            "{\"z\"",
            "the JSON value: expected a member named one of 'x', 'y', found one named 'z' (at 3)"),
        arguments(
            point,
            "{\"x\":1}",
            "the JSON value: expected the member 'y', found the end of the object (at 6)"),
        arguments(
            point,
            "{}",
            "the JSON value: expected the members 'x', 'y', found the end of the object (at 1)"),
        arguments(
            point, "{\"y\":[]", "y: expected an array of 1 to 2 elements, found 0 of them (at 6)"),
        arguments(
            point,
            "{\"y\":[\"a\",\"b\",",
            "y: expected an array of 1 to 2 elements, found more (at 13)"),
        arguments(
            point,
            "{\"y\":[\"a\",\"😀bc\"",
            "y[1]: expected a string of at most 2 characters, found 3 of them (at 15)"),
        arguments(
            shapes,
            "{\"type\":\"line\"",
            "type: expected one of 'circle', 'box', found 'line' (at 13)"),
        arguments(
            shapes,
            "{\"type\":\"box\",\"r\"",
            "the JSON value: expected a member named one of 'type', 'a', found one named 'r' (at 16)"),
        arguments(
            shapes,
            "{\"r\":1,\"type\":\"box\"",
            "the JSON value: expected its members alone, found one named 'r' (at 18)"),
        arguments(
            shapes, "{\"a\":1.5,\"type\":\"box\"", "a: expected an integer, found 1.5 (at 20)"),
        arguments(
            shapes,
            "{\"a\":1}",
            "the JSON value: expected an object, found an object that fits none of them (at 6)"),
        arguments(
            "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}",
            "1",
            "the JSON value: expected a string or null, found a number (at 0)"),
        arguments(
            "{\"type\":\"number\"}",
            "1e999 ",
            "the JSON value: expected a number, found 1e999 (at 5)"),
        arguments(
            "{\"enum\":[\"yes\",\"no\"]}",
            "\"y\"",
            "the JSON value: expected one of 'yes', 'no', found 'y' (at 2)"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void whatDoesNotFitIsToldAtItsFirstCharacter(String schema, String text, String problem)
      throws LlmException {
    var json = new PartialJson(schema(schema), Framing.EXACT, JsonLimits.ANSWER);
    json.feed(text.substring(0, text.length() - 1));
    assertThat(json.problem()).as("before the last character").isEmpty();
    json.feed(text.substring(text.length() - 1));
    assertThat(json.problem().map(JsonProblem::message)).contains(problem);
  }

  @Test
  void alternativesThatNothingTellsApartAreCheckedAtTheEnd() throws LlmException {
    Schema schema =
        schema(
            "{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"string\"}},{\"type\":\"array\","
                + "\"items\":{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"null\"}]}}]}");
    assertThat(fits(schema, "[\"a\",\"b\"]")).isTrue();
    assertThat(fits(schema, "[1,null]")).isTrue();
    assertThat(fits(schema, "[]")).isTrue();
    assertThat(fits(schema, "[1,\"a\"]")).isFalse();
  }

  @Test
  void aSchemaHasABound() {
    String properties =
        IntStream.range(0, 30_000)
            .mapToObj(i -> "\"p" + i + "\":{}")
            .collect(Collectors.joining(","));
    assertThatThrownBy(() -> schema("{\"type\":\"object\",\"properties\":{" + properties + "}}"))
        .hasMessageContaining("expected at most 20000 values");
  }

  @Test
  void aSchemaMadeByHandIsCheckedToo() {
    assertThatThrownBy(() -> new Schema.Choice(List.of())).hasMessageContaining("at least one");
    assertThatThrownBy(() -> new Schema.AnyOf(List.of())).hasMessageContaining("at least one");
    assertThatThrownBy(() -> new Schema.Whole(2, 1)).hasMessageContaining("above");
    assertThatThrownBy(() -> new Schema.Decimal(Double.NaN, 1)).hasMessageContaining("above");
    assertThatThrownBy(() -> new Schema.Sequence(Schema.ANYTHING, -1, 1))
        .hasMessageContaining("fit nothing");
  }

  private static boolean fits(Schema schema, String text) {
    var json = new PartialJson(schema, Framing.EXACT, JsonLimits.ANSWER);
    json.feed(text);
    return json.end();
  }

  private static Schema schema(String text) throws LlmException {
    return Schema.parse(new JsonText(text), "");
  }
}
