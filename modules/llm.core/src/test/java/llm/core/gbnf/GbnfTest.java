package llm.core.gbnf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GbnfTest {
  private static final String JSON =
      """
      root   ::= object
      value  ::= object | array | string | number | ("true" | "false" | "null") ws

      object ::=
        "{" ws (
                  string ":" ws value
          ("," ws string ":" ws value)*
        )? "}" ws

      array  ::=
        "[" ws (
                  value
          ("," ws value)*
        )? "]" ws

      string ::=
        "\\"" (
          [^"\\\\\\x7F\\x00-\\x1F] |
          "\\\\" (["\\\\bfnrt] | "u" [0-9a-fA-F]{4}) # escapes
        )* "\\"" ws

      number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws

      # Optional space: by convention, applied in this grammar after literal chars when allowed
      ws ::= | " " | "\\n" [ \\t]{0,20}
      """;

  /** A grammar, texts it has, texts it has not. */
  static List<Arguments> grammars() {
    return List.of(
        of("root ::= \"a\"", List.of("a"), List.of("", "b", "aa")),
        of("root ::= \"a\" | \"b\" |", List.of("a", "b", ""), List.of("ab")),
        of("root ::= \"\"", List.of(""), List.of("a")),
        of("root ::= \"ab\"*", List.of("", "ab", "abab"), List.of("a", "aba", "abb")),
        of("root ::= \"a\"+", List.of("a", "aaa"), List.of("")),
        of("root ::= \"a\"? \"b\"", List.of("ab", "b"), List.of("a", "aab")),
        of("root ::= \"a\"{3}", List.of("aaa"), List.of("aa", "aaaa")),
        of("root ::= \"a\"{2,}", List.of("aa", "aaaaa"), List.of("a")),
        of("root ::= \"a\"{1,3}", List.of("a", "aa", "aaa"), List.of("", "aaaa")),
        of("root ::= \"a\"{ 0 , 1 }", List.of("", "a"), List.of("aa")),
        of("root ::= \"a\"{0}", List.of(""), List.of("a")),
        of("root ::= \"a\"*? \"b\"", List.of("b", "aab"), List.of("a")),
        of("root ::= (\"a\"?)* \"b\"", List.of("b", "aab"), List.of("")),
        of("root ::= [a-c]", List.of("a", "b", "c"), List.of("d", "")),
        of("root ::= [^a-c]", List.of("d", "\n", "\u20ac", "\ud83d\ude00"), List.of("a", "b", "")),
        of("root ::= [a-]", List.of("a", "-"), List.of("b")),
        of("root ::= [-a]", List.of("a", "-"), List.of("b")),
        of("root ::= [\\]\\[\\\\]", List.of("]", "[", "\\"), List.of("a")),
        of("root ::= [\\x41-\\x43]", List.of("A", "C"), List.of("D")),
        of(
            "root ::= \"\\u20AC\" \"\\U0001F600\"",
            List.of("\u20ac\ud83d\ude00"),
            List.of("\u20ac")),
        of(
            "root ::= [\\u00e0-\\u20b0]",
            List.of("\u00e0", "\u20ac", "\u0fff"),
            List.of("a", "\u20b1")),
        of(
            "root ::= [\\u0000-\\uffff]",
            List.of("\u0000", "\uffff", "\ue000"),
            List.of("\ud83d\ude00")),
        of("root ::= .", List.of("a", "\n", "\ud83d\ude00"), List.of("", "ab")),
        of("root ::= \"\\t\\r\\n\\\"\"", List.of("\t\r\n\""), List.of("trn")),
        of("root ::= x-1 y_2\nx-1 ::= \"x\"\ny_2 ::= \"y\"", List.of("xy"), List.of("x")),
        of("root ::= (\n \"a\" # one\n | \"b\" \n)\n\n# end", List.of("a", "b"), List.of("ab")),
        of("root ::=\n  \"a\"", List.of("a"), List.of("")),
        of("\r\nroot ::= \"a\"\r\nx ::= \"b\"\r\n", List.of("a"), List.of("b")),
        of("root ::= \"(\" root \")\" | \"x\"", List.of("x", "((x))"), List.of("(x", "x)")),
        of("root ::= \"a\" root | \"a\"", List.of("a", "aaaa"), List.of("")),
        of(
            "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"d\"",
            List.of("aadbc"),
            List.of("aadb")),
        of(
            "root ::= a b\na ::= \"x\"?\nb ::= a a \"y\"",
            List.of("y", "xy", "xxxy"),
            List.of("xxxxy")),
        of(
            "root ::= s s\ns ::= \"a\" | \"ab\" | \"b\"",
            List.of("ab", "aba", "abab"),
            List.of("abb" + "b")),
        of(
            JSON,
            List.of("{}", "{\"a\": [1, -2.5e1, \"\\u00e9\\n\", null]}"),
            List.of("[]", "{\"a\":}")));
  }

  private static Arguments of(String grammar, List<String> has, List<String> hasNot) {
    return Arguments.of(grammar, has, hasNot);
  }

  @ParameterizedTest
  @MethodSource("grammars")
  void aGrammarHasItsTextsAndNoOthers(String grammar, List<String> has, List<String> hasNot)
      throws GbnfException {
    Gbnf gbnf = Gbnf.read(grammar);
    for (String text : has) {
      assertThat(gbnf.matches(text)).as("%s has '%s'", grammar, text).isTrue();
    }
    for (String text : hasNot) {
      assertThat(gbnf.matches(text)).as("%s has '%s'", grammar, text).isFalse();
    }
  }

  /** A grammar that is refused, where, and words of why. */
  static List<Arguments> refused() {
    return List.of(
        Arguments.of("", 0, 0, "no rule 'root'"),
        Arguments.of("start ::= \"a\"", 0, 0, "no rule 'root'"),
        Arguments.of("root ::= \"a\" other", 1, 14, "no rule 'other'"),
        Arguments.of("root ::= \"a\"\nx ::= y", 2, 7, "no rule 'y'"),
        Arguments.of("root ::= \"a\"\nroot ::= \"b\"", 2, 1, "there already, in line 1"),
        Arguments.of("root ::= \"a", 1, 12, "ends within a literal"),
        Arguments.of("root ::= [a", 1, 12, "ends within a set"),
        Arguments.of("root ::= (\"a\"", 1, 14, "')' is missing before the end"),
        Arguments.of("root ::= \"a\")", 1, 13, "ends with ')'"),
        Arguments.of("root ::= * \"a\"", 1, 10, "repeats nothing"),
        Arguments.of("root ::= {2} \"a\"", 1, 10, "repeats nothing"),
        Arguments.of("root ::= \"a\"{2", 1, 15, "'}' is missing before the end"),
        Arguments.of("root ::= \"a\"{,2}", 1, 14, "a number of repetitions is missing"),
        Arguments.of("root ::= \"a\"{3,2}", 1, 17, "3 to 2 times"),
        Arguments.of("root ::= \"a\"{1000000000}", 1, 21, "more than 6 digits"),
        Arguments.of("root ::= \"\\q\"", 1, 11, "unknown escape"),
        Arguments.of("root ::= \"\\x4\"", 1, 11, "fewer than 2 hexadecimal digits"),
        Arguments.of("root ::= \"\\uD800\"", 1, 17, "half of a surrogate pair"),
        Arguments.of("root ::= \"\\UFFFFFFFF\"", 1, 11, "beyond U+10FFFF"),
        Arguments.of("root ::= []", 1, 11, "holds no character"),
        Arguments.of("root ::= [^\\x00-\\U0010FFFF]", 1, 11, "holds no character"),
        Arguments.of("root ::= [b-a]", 1, 14, "ends before it begins"),
        Arguments.of("root = \"a\"", 1, 6, "'::=' is missing"),
        Arguments.of("::= \"a\"", 1, 1, "the name of a rule is missing"),
        Arguments.of("root ::= <[7]>", 1, 10, "ends with '<'"),
        Arguments.of("root ::= \"a\"" + "?".repeat(60_000), 1, 22, "more than 8 repetitions"),
        Arguments.of("x".repeat(60_000) + " ::= \"a\"", 1, 201, "more than 200 characters"),
        Arguments.of("root ::= root \"a\" | \"a\"", 1, 1, "'root' begins with itself"),
        Arguments.of(
            "root ::= a\na ::= b \"x\"\nb ::= \"y\"? a | \"z\"", 2, 1, "begins with itself"),
        Arguments.of("root ::= (root?)* \"a\"", 1, 1, "begins with itself"),
        Arguments.of("root ::= \"a\" root", 1, 1, "never comes to an end"),
        Arguments.of("root ::= \"a\" | \"b\" x\nx ::= \"c\" x", 2, 1, "never comes to an end"),
        Arguments.of("root ::= ((\"a\"{900}){900}){900}", 1, 1, "too large"),
        Arguments.of("root ::= ((\"\"{9000}){9000}){9000}", 1, 1, "too large"),
        Arguments.of("root ::= " + "(".repeat(100_000), 1, 211, "more than 200 groups"),
        Arguments.of("#".repeat(Gbnf.MOST_CHARACTERS + 1), 0, 0, "too long"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatCannotBeRunIsRefusedWithItsPlace(String grammar, int line, int column, String words) {
    assertThatExceptionOfType(GbnfException.class)
        .isThrownBy(() -> Gbnf.read(grammar))
        .withMessageContaining(words)
        .satisfies(wrong -> {
          assertThat(wrong.line()).as("line").isEqualTo(line);
          assertThat(wrong.column()).as("column").isEqualTo(column);
        });
  }

  @Test
  void aTextMayBeCutWithinACharacter() throws GbnfException {
    GbnfState start = Gbnf.read("root ::= [\u20ac\u20ad]").start();
    GbnfState half = start.next((byte) 0xE2).next((byte) 0x82);
    assertThat(half.isDead()).isFalse();
    assertThat(half.mayEnd()).isFalse();
    assertThat(half.next((byte) 0xAC).mustEnd()).isTrue();
    assertThat(half.next((byte) 0xAE).isDead()).isTrue();
  }

  @Test
  void bytesThatAreNoCharacterAreInNoGrammar() throws GbnfException {
    GbnfState start = Gbnf.read("root ::= .*").start();
    for (int[] wrong :
        new int[][] {
          {0x80},
          {0xC0, 0xAF},
          {0xC1, 0xBF},
          {0xE0, 0x80, 0xAF},
          {0xE0, 0x9F, 0xBF},
          {0xED, 0xA0, 0x80},
          {0xED, 0xBF, 0xBF},
          {0xF0, 0x80, 0x80, 0xAF},
          {0xF0, 0x8F, 0xBF, 0xBF},
          {0xF4, 0x90, 0x80, 0x80},
          {0xF5},
          {0xFE},
          {0xFF},
          {0xC3, 0x41}
        }) {
      byte[] bytes = new byte[wrong.length];
      for (int i = 0; i < wrong.length; i++) {
        bytes[i] = (byte) wrong[i];
      }
      assertThat(start.next(bytes, 0, bytes.length).isDead()).as(Arrays.toString(wrong)).isTrue();
    }
  }

  @Test
  void everyCharacterIsWrittenAsUtf8WritesIt() throws GbnfException {
    GbnfState any = Gbnf.read("root ::= .").start();
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        byte[] bytes = Character.toString(c).getBytes(StandardCharsets.UTF_8);
        if (!any.next(bytes, 0, bytes.length).mustEnd()) {
          assertThat(c).as("U+%04X is a character", c).isNegative();
        }
      }
    }
  }

  @Test
  void ambiguityDoesNotMakeAStateGrow() throws GbnfException {
    int length = 20_000;
    for (String grammar :
        List.of(
            "root ::= (\"a\"? \"a\"?){200} \"a\"*",
            "root ::= (\"a\" | \"a\" \"a\" | \"aa\")*",
            "root ::= (\"a\"*)* (\"a\"*)*",
            "root ::= x x x x x x x x\nx ::= y y y y\ny ::= \"a\"*",
            "root ::= \"a\" root | \"a\" \"a\" root | \"a\"")) {
      GbnfState state = Gbnf.read(grammar).start();
      for (int i = 0; i < length; i++) {
        state = state.next((byte) 'a');
      }
      assertThat(state.mayEnd()).as(grammar).isTrue();
      assertThat(state.work()).as(grammar).isLessThan(length * 100L);
    }
  }

  @Test
  void aTextOfTooManyWaysIsRefusedAndNotFollowedForEver() throws GbnfException {
    GbnfState start =
        Gbnf.read("root ::= \"a\" root \"a\" | \"a\" root \"b\" | \"a\" root \"aa\" | \"a\"")
            .start();
    assertThatExceptionOfType(GbnfException.class)
        .isThrownBy(() -> {
          GbnfState state = start;
          for (int i = 0; i < 5_000; i++) {
            state = state.next((byte) 'a');
          }
        })
        .withMessageContaining("too ambiguous");
  }

  @Test
  void depthIsNoDangerToTheStack() throws GbnfException {
    int depth = 200_000;
    String text = "(".repeat(depth) + "x" + ")".repeat(depth);
    Gbnf nested = Gbnf.read("root ::= \"(\" root \")\" | \"x\"");
    assertThat(nested.matches(text)).isTrue();
    assertThat(nested.matches(text.substring(1))).isFalse();
    var chain = new StringBuilder("root ::= r0\n");
    for (int i = 0; i < 10_000; i++) {
      chain.append("r").append(i).append(" ::= r").append(i + 1).append('\n');
    }
    assertThat(Gbnf.read(chain + "r10000 ::= \"x\"").matches("x")).isTrue();
  }

  @Test
  void whatIsSaidAgainAndAgainIsOneState() throws GbnfException {
    GbnfState start = Gbnf.read(JSON).start();
    byte[] open = "{\"key\": \"a".getBytes(StandardCharsets.UTF_8);
    GbnfState inside = start.next(open, 0, open.length);
    assertThat(inside.next((byte) 'b')).isSameAs(inside);
    byte[] euro = "\u20ac".getBytes(StandardCharsets.UTF_8);
    assertThat(inside.next(euro, 0, 3)).isSameAs(inside);
    byte[] deep = "{\"key\": [[\"a".getBytes(StandardCharsets.UTF_8);
    GbnfState deeper = start.next(deep, 0, deep.length);
    assertThat(deeper).isNotSameAs(inside);
    assertThat(deeper.inner()).as("in the rule of strings alone").isSameAs(inside.inner());
    assertThat(deeper.inner().next((byte) '"').mayEnd()).isTrue();
    assertThat(start.inner()).isSameAs(start);
  }

  @Test
  void aLittleSpaceMayStandBeforeAText() throws GbnfException {
    GbnfState start = Gbnf.read("root ::= \"a\"").startBehindSpace();
    assertThat(start.next("a".getBytes(StandardCharsets.UTF_8), 0, 1).mustEnd()).isTrue();
    assertThat(start.next("\n \r\ta".getBytes(StandardCharsets.UTF_8), 0, 5).mustEnd()).isTrue();
    assertThat(start.next("     a".getBytes(StandardCharsets.UTF_8), 0, 6).isDead()).isTrue();
  }

  @Test
  void whatIsForgottenIsFoundAgain() throws GbnfException {
    GbnfState start = Gbnf.read("root ::= \"(\" root \")\" | [a-z]{0,3000} \".\"").start();
    for (int round = 0; round < 3; round++) {
      GbnfState state = start;
      for (int i = 0; i < 20_000; i++) {
        state = state.next((byte) '('); // each a state of its own: more than are remembered
      }
      for (int i = 0; i < 2_999; i++) {
        state = state.next((byte) 'a');
      }
      assertThat(state.next((byte) 'a').next((byte) 'a').isDead()).isTrue();
      state = state.next((byte) '.');
      for (int i = 0; i < 20_000; i++) {
        assertThat(state.mayEnd()).isFalse();
        state = state.next((byte) ')');
      }
      assertThat(state.mustEnd()).isTrue();
    }
  }
}
