package llm.core.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Edges of RFC 8259, each fed whole, character by character and byte by byte. */
@DisplayName("C-3: texts are JSON or not as the RFC has it, and as Jackson has it")
class JsonSuiteTest {
  private static final List<String> VALID =
      List.of(
          "[]",
          "{}",
          " [ ] ",
          "[[]   ]",
          "[\"\"]",
          "[\"a\"]",
          "[false]",
          "[null, 1, \"1\", {}]",
          "[null]",
          "[1\n]",
          " [1]",
          "[1,null,null,null,2]",
          "[2] ",
          "[0e+1]",
          "[0e1]",
          "[ 4]",
          "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
          "[20e1]",
          "[-0]",
          "[-123]",
          "[-1]",
          "[1E22]",
          "[1E-2]",
          "[1E+2]",
          "[123e45]",
          "[123.456e78]",
          "[1e-2]",
          "[1e+2]",
          "[123]",
          "[123.456789]",
          "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}",
          "{\"\":0}",
          "{\"foo\\u0000bar\": 42}",
          "{\"a\":[]}",
          "{\"title\":\"\\u041f\\u043e\"}",
          "{\n\"a\": \"b\"\n}",
          "[\"\\u0060\\u012a\\u12AB\"]",
          "[\"\\uD801\\udc37\"]",
          "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
          "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
          "[\"\\\\u0000\"]",
          "[\"\\\"\"]",
          "[\"a/*b*/c/*d//e\"]",
          "[\"\\\\a\"]",
          "[\"\\\\n\"]",
          "[\"\\u0012\"]",
          "[\"\\uFFFF\"]",
          "[\"asd\"]",
          "[ \"asd\"]",
          "[\"\\uDBFF\\uDFFF\"]",
          "[\"new\\u00A0line\"]",
          "[\"\uDBFF\uDFFF\"]",
          "[\"\uFFFF\"]",
          "[\"\\u0000\"]",
          "[\"\\u002c\"]",
          "[\"π\"]",
          "[\"\u2028\u2029\"]",
          "\" \"",
          "[\"\\u0821\"]",
          "[\"\\u005C\"]",
          "[\"\\u0022\"]",
          "false",
          "42",
          "-0.1",
          "null",
          "\"asd\"",
          "true",
          "\"\"",
          "[\"a\"]\n",
          " \t\r\n1",
          "[\"\u007f\"]",
          "[\"\\uD888\\u1234\"]",
          "[\"\\uDADA\"]",
          "[\"\\uDd1e\\uD834\"]",
          "[\"\\uD800\\uD800\\n\"]",
          "[1e400]",
          "[123123e100000]",
          "[-1e-400]");

  private static final List<String> INVALID =
      List.of(
          "",
          " ",
          "[1 true]",
          "[\"\": 1]",
          "[\"\"],",
          "[,1]",
          "[1,,2]",
          "[\"x\",,]",
          "[\"x\"]]",
          "[\"\",]",
          "[\"x\"",
          "[x",
          "[3[4]]",
          "[1:2]",
          "[,]",
          "[-]",
          "[   , \"\"]",
          "[\"a\",\n4\n,1,",
          "[1,]",
          "[1,,]",
          "[*]",
          "[\"\"",
          "[1,",
          "[1,\n1\n,1",
          "[{}",
          "[fals]",
          "[nul]",
          "[tru]",
          "[++1234]",
          "[+1]",
          "[-01]",
          "[-1.0.]",
          "[-2.]",
          "[-NaN]",
          "[.-1]",
          "[.2e-3]",
          "[0.1.2]",
          "[0.3e+]",
          "[0.3e]",
          "[0.e1]",
          "[0E]",
          "[0E+]",
          "[1.0e+]",
          "[1.0e-]",
          "[1 000.0]",
          "[1eE2]",
          "[2.e+3]",
          "[2.e3]",
          "[9.e+]",
          "[Inf]",
          "[NaN]",
          "[１]",
          "[1+2]",
          "[0x1]",
          "[0x42]",
          "[Infinity]",
          "[-Infinity]",
          "[-foo]",
          "[- 1]",
          "[-012]",
          "[-.123]",
          "[-1x]",
          "[1ea]",
          "[1.]",
          "[.123]",
          "[1.2a-3]",
          "[1.8011670033376514H-308]",
          "[012]",
          "[\"x\", truth]",
          "{[: \"x\"}",
          "{\"x\", null}",
          "{\"x\"::\"b\"}",
          "{🇨🇭}",
          "{\"a\":\"a\" 123}",
          "{key: 'value'}",
          "{\"a\" b}",
          "{:\"b\"}",
          "{\"a\" \"b\"}",
          "{\"a\":",
          "{\"a\"",
          "{1:1}",
          "{null:null,null:null}",
          "{\"id\":0,,,,,}",
          "{'a':0}",
          "{\"id\":0,}",
          "{\"a\":\"b\"}/**/",
          "{\"a\":\"b\"}#",
          "{\"a\":\"b\",,\"c\":\"d\"}",
          "{a: \"b\"}",
          "{\"a\":\"a",
          "{ \"foo\" : \"bar\", \"a\" }",
          "{\"a\":\"b\"}#",
          "[\"\\uD800\\\"]",
          "[\"\\uD800\\u\"]",
          "[\"\\uD800\\u1\"]",
          "[\"\\uD800\\u1x\"]",
          "[é]",
          "[\"\\x00\"]",
          "[\"\\\\\\\"]",
          "[\"\\\t\"]",
          "[\"\\🌀\"]",
          "[\"\\\"]",
          "[\"\\u00A\"]",
          "[\"\\uD834\\uDd\"]",
          "[\"\\uqqqq\"]",
          "[\"\\a\"]",
          "[\\u0020\"asd\"]",
          "[\\n]",
          "\"",
          "['single quote']",
          "abc",
          "[\"\\",
          "[\"a\u0000a\"]",
          "[\"new\nline\"]",
          "[\"\t\"]",
          "\"\\UA66D\"",
          "<.>",
          "[<null>]",
          "[1]x",
          "[1]]",
          "[\"asd]",
          "aå",
          "[True]",
          "1]",
          "{\"x\": true,",
          "[][]",
          "]",
          "\uFEFF{}",
          "å",
          "[",
          "{}}",
          "{\"\":",
          "{",
          "[a",
          "[\"",
          "2@",
          "{\"a\": true} \"x\"",
          "[\u000C]",
          "[\u2060]",
          "*",
          "{\"a\":/*comment*/\"b\"}",
          "{\"a\": true",
          "['",
          "[,",
          "{,",
          "{[",
          "{\"a",
          "{'a'",
          "\uFEFF",
          "[\u000b]",
          "\u00a01",
          "tRue",
          "nulll",
          "truee",
          "\"a\"b",
          "{\"a\":1,\"a\":1}");

  static Stream<String> valid() {
    return VALID.stream();
  }

  static Stream<String> invalid() {
    return INVALID.stream();
  }

  @ParameterizedTest
  @MethodSource("valid")
  void isRead(String text) {
    for (PartialJson json : readers(text)) {
      assertThat(json.problem()).isEmpty();
      assertThat(json.isComplete()).isTrue();
      assertThat(Oracle.read(text)).contains(Oracle.of(json.root().orElseThrow()));
    }
  }

  @ParameterizedTest
  @MethodSource("invalid")
  void isRefused(String text) {
    assertThat(Oracle.read(text)).isEmpty();
    List<PartialJson> readers = readers(text);
    for (PartialJson json : readers) {
      assertThat(json.problem()).isPresent();
      assertThat(json.problem())
          .map(JsonProblem::path)
          .isEqualTo(readers.getFirst().problem().map(JsonProblem::path));
    }
  }

  private static List<PartialJson> readers(String text) {
    var whole = new PartialJson();
    whole.feed(text);
    var characters = new PartialJson();
    text.chars().forEach(c -> characters.feed(String.valueOf((char) c)));
    var bytes = new PartialJson();
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < utf8.length; at++) {
      bytes.feed(utf8, at, at + 1);
    }
    List<PartialJson> readers = List.of(whole, characters, bytes);
    readers.forEach(PartialJson::end);
    return readers;
  }
}
