package llm.core.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.PartialJson.Framing;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("C-3: JSON is read while it comes")
class PartialJsonTest {

  @Test
  void stringsGrowAndNumbersAndWordsComeWhole() {
    assertThat(valuesOf("{\"a\":\"hi\",\"n\":-12.5,\"t\":[true,null]}"))
        .containsExactly(
            "{}",
            "{\"a\":\"\"}",
            "{\"a\":\"h\"}",
            "{\"a\":\"hi\"}",
            "{\"a\":\"hi\",\"n\":-12.5}",
            "{\"a\":\"hi\",\"n\":-12.5,\"t\":[]}",
            "{\"a\":\"hi\",\"n\":-12.5,\"t\":[true]}",
            "{\"a\":\"hi\",\"n\":-12.5,\"t\":[true,null]}");
  }

  @Test
  void anEscapeShowsWhenItIsWholeAndNeverHalfAPair() {
    assertThat(valuesOf("\"\\n\\u0041\\ud83d\\uDE00\""))
        .containsExactly("\"\"", "\"\\n\"", "\"\\nA\"", "\"\\nA😀\"");
    assertThat(valuesOf("\"😀\"")).containsExactly("\"\"", "\"😀\"");
  }

  @Test
  void halfAPairThatStaysAloneIsReplaced() {
    assertThat(whole("[\"\\ud83dx\",\"\\ude00\",\"\\ud83d\\ud83d\\ude00\",\"\\ud83d\"]"))
        .isEqualTo("[\"\uFFFDx\",\"\uFFFD\",\"\uFFFD😀\",\"\uFFFD\"]");
  }

  @Test
  void aNumberAloneEndsWithTheText() {
    var json = new PartialJson();
    assertThat(json.feed("12")).isFalse();
    assertThat(json.root()).isEmpty();
    assertThat(json.end()).isTrue();
    assertThat(json.root().orElseThrow().toJson().value()).isEqualTo("12");
  }

  @Test
  void bytesMayBeCutInsideOfACharacter() {
    byte[] bytes = "{\"é\":\"日😀\"}".getBytes(StandardCharsets.UTF_8);
    var json = new PartialJson();
    for (int at = 0; at < bytes.length; at++) {
      json.feed(bytes, at, at + 1);
    }
    assertThat(json.end()).isTrue();
    assertThat(json.root().orElseThrow().toJson().value()).isEqualTo("{\"é\":\"日😀\"}");
  }

  static Stream<Arguments> problems() {
    return Stream.of(
        arguments("", "the JSON value: expected a value, found the end of the text (at 0)"),
        arguments("[1,]", "[1]: expected a value, found ']' (at 3)"),
        arguments("[1 2]", "the JSON value: expected a comma or ], found '2' (at 3)"),
        arguments("{\"a\" 1}", "a: expected a colon, found '1' (at 5)"),
        arguments("{\"a\":{\"b\":[0,tru]}}", "a.b[1]: expected true, found ']' (at 16)"),
        arguments("{\"a b\":-}", "['a b']: expected a number, found '}' (at 8)"),
        arguments("{\"a\":1,\"a\":2}", "a: expected each name once, found it again (at 9)"),
        arguments("{\"a\":1,}", "the JSON value: expected a name in quotes, found '}' (at 7)"),
        arguments("-x", "the JSON value: expected a number, found 'x' (at 1)"),
        arguments("1.", "the JSON value: expected a number, found the end of the text (at 2)"),
        arguments(
            "[\"\\x\"]",
            "[0]: expected one of \" \\ / b f n r t u behind the backslash, found 'x' (at 3)"),
        arguments(
            "\"\\u12G4\"", "the JSON value: expected four hexadecimal digits, found 'G' (at 5)"),
        arguments(
            "[\"a\nb\"]",
            "[0]: expected the end of the string, or characters from U+0020 on, found the character U+000A (at 3)"),
        arguments("{} x", "the JSON value: expected nothing more, found 'x' (at 3)"));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void theFirstCharacterThatCannotStandThereIsNamedWithPathAndPlace(String text, String problem) {
    assertThat(problemOf(text, Schema.ANYTHING, Framing.EXACT).message()).isEqualTo(problem);
  }

  @ParameterizedTest
  @CsvSource({"5B22C328, 2, 0xC3", "22EDA08022, 1, 0xED", "22C0AF22, 1, 0xC0", "FF, 0, 0xFF"})
  void aByteThatIsNoUtf8IsNamed(String hex, long offset, String found) {
    byte[] bytes = java.util.HexFormat.of().parseHex(hex);
    var json = new PartialJson();
    json.feed(bytes, 0, bytes.length);
    JsonProblem problem = json.problem().orElseThrow();
    assertThat(problem.offset()).isEqualTo(offset);
    assertThat(problem.found()).isEqualTo("the byte " + found);
  }

  @Test
  void anEndInsideOfACharacterIsToldToo() {
    var json = new PartialJson();
    json.feed(new byte[] {'"', 'a', (byte) 0xF0, (byte) 0x9F}, 0, 4);
    assertThat(json.end()).isFalse();
    assertThat(json.problem().orElseThrow().message())
        .isEqualTo(
            "the JSON value: expected a whole character in UTF-8, found the end of the text (at 2)");
  }

  @Test
  void placesAreCountedInBytesWhereBytesAreFed() {
    byte[] bytes = "[\"é😀\"x".getBytes(StandardCharsets.UTF_8);
    var json = new PartialJson();
    json.feed(bytes, 0, bytes.length);
    assertThat(json.problem().orElseThrow().offset()).isEqualTo(9);
  }

  @Test
  void whatModelsWriteAroundAnObjectIsLeftOutWhereThatIsAsked() {
    var json = new PartialJson(Schema.ANYTHING, Framing.SURROUNDED, JsonLimits.ANSWER);
    json.feed("Here you are:\n```js");
    json.feed("on\n{\"a\":1}\n```\nAnything else? {\"");
    assertThat(json.end()).isTrue();
    assertThat(json.root().orElseThrow().toJson().value()).isEqualTo("{\"a\":1}");
  }

  @Test
  void theObjectMustBeginSoonEnough() {
    String blanks = "x".repeat(PartialJson.MOST_LEADING);
    assertThat(problemOf(blanks + "{}", Schema.ANYTHING, Framing.SURROUNDED).message())
        .isEqualTo(
            "the JSON value: expected an object within the first 4096 characters, found other text"
                + " (at 4096)");
    assertThat(problemOf("I cannot.", Schema.ANYTHING, Framing.SURROUNDED).message())
        .isEqualTo("the JSON value: expected an object, found the end of the text (at 9)");
    var last = new PartialJson(Schema.ANYTHING, Framing.SURROUNDED, JsonLimits.ANSWER);
    last.feed(blanks.substring(1) + "{}");
    assertThat(last.end()).isTrue();
  }

  @Test
  void everythingHasABound() {
    var limits = new JsonLimits(2, 40, 3);
    assertThat(problemOf("[[[", limits)).isEqualTo("expected at most 2 levels, found a deeper one");
    assertThat(problemOf("[1,2,3]", limits)).isEqualTo("expected at most 3 values, found more");
    assertThat(problemOf("\"" + "x".repeat(40), limits))
        .isEqualTo("expected at most 40 characters, found more");
    assertThat(problemOf("1".repeat(1_001), JsonLimits.ANSWER))
        .isEqualTo("expected a number of at most 1000 characters, found a longer one");
    assertThatThrownBy(() -> new JsonLimits(513, 1, 1)).hasMessageContaining("1 to 512");
  }

  @Test
  void nothingIsReadBehindAProblem() {
    var json = new PartialJson();
    json.feed("[1,x");
    JsonProblem problem = json.problem().orElseThrow();
    assertThat(json.feed("2]")).isFalse();
    assertThat(json.end()).isFalse();
    assertThat(json.problem()).contains(problem);
    assertThat(json.root().orElseThrow().toJson().value()).isEqualTo("[1]");
  }

  @ParameterizedTest
  @CsvSource({
    "1, true", "1.0, true", "1e2, true", "-9223372036854775808, true", "9223372036854775808, false",
    "0.5, false", "1e19, false", "1e2147483647, false", "100e2147483647, false",
        "0e2147483647, true",
    "1e99999999999, false", "10e-1, true", "1e-2147483647, false"
  })
  void aWholeNumberIsToldByItsValueAndNeverByItsDigits(String text, boolean whole) {
    var json = new PartialJson();
    json.feed(text);
    json.end();
    assertThat(((NumberNode) json.root().orElseThrow()).isLong()).isEqualTo(whole);
  }

  private static List<String> valuesOf(String text) {
    var json = new PartialJson();
    var values = new ArrayList<String>();
    for (char c : text.toCharArray()) {
      json.feed(String.valueOf(c));
      String value = json.root().map(root -> root.toJson().value()).orElse("");
      if (values.isEmpty() || !values.getLast().equals(value)) {
        values.add(value);
      }
    }
    assertThat(json.end()).isTrue();
    return values;
  }

  private static String whole(String text) {
    return valuesOf(text).getLast();
  }

  private static String problemOf(String text, JsonLimits limits) {
    var json = new PartialJson(Schema.ANYTHING, Framing.EXACT, limits);
    json.feed(text);
    json.end();
    JsonProblem problem = json.problem().orElseThrow();
    return "expected " + problem.expected() + ", found " + problem.found();
  }

  private static JsonProblem problemOf(String text, Schema schema, Framing framing) {
    var json = new PartialJson(schema, framing, JsonLimits.ANSWER);
    json.feed(text);
    assertThat(json.end()).isFalse();
    return json.problem().orElseThrow();
  }
}
