package llm.core.template.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import llm.core.gbnf.Gbnf;
import llm.core.gbnf.GbnfException;
import llm.core.template.answer.AnswerFormat;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayName("T-7: grammars are put together without mixing their rules, and without a sign")
class GbnfCopyTest {
  private static final String JSON_STRING =
      """
      # a string
      root ::= "\\"" sign* "\\"" # and its signs
      sign ::= [^"\\\\\\x00-\\x1F] | "\\\\" ["\\\\/bfnrt]
      """;

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      textBlock =
          """
          root ::= a-b{2,3} "root \\" a" [a-b\\]root] . => p-root ::= p-a-b{2,3} "root \\" a" [a-b\\]root] .
          root ::= (a | "#b")+ # root a => p-root ::= (p-a | "#b")+
          """)
  void rulesGetOtherNamesAndTextsKeepTheirs(String gbnf, String renamed) {
    assertThat(new GbnfCopy(gbnf, "p-").text().strip()).isEqualTo(renamed.strip());
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      textBlock =
          """
          [<] => "\\\\u003c"
          [\\x3C] => "\\\\u003c"
          "a<b\\u003Cc" => "a\\\\u003cb\\\\u003cc"
          [^<] => [^<]
          [^\\U0000003Ca] => [^\\U0000003Ca]
          [ab] => [ab]
          . => ([^<] | "\\\\u003c")
          [a<] => ([\\U00000061] | "\\\\u003c")
          [^a-c] => ([^<\\U00000061-\\U00000063] | "\\\\u003c")
          [0-Z]* => ([\\U00000030-\\U0000003B\\U0000003D-\\U0000005A] | "\\\\u003c")*
          """)
  void theSignIsWrittenAsAnEscape(String from, String to) {
    assertThat(new GbnfCopy("root ::= " + from, "").withoutTags()).isEqualTo("root ::= " + to);
  }

  @Test
  void textsOfJsonSayTheSameWithoutTheSign() throws GbnfException {
    String gbnf = MarkFree.json(JSON_STRING, AnswerFormat.HARMONY);
    Gbnf without = Gbnf.read(gbnf);
    Gbnf with = Gbnf.read(JSON_STRING);
    assertThat(with.matches("\"<|end|>\"")).isTrue();
    assertThat(without.matches("\"<|end|>\"")).isFalse();
    assertThat(without.matches("\"\\u003c|end|>\"")).isTrue();
    var walk = new GrammarWalk(gbnf);
    var random = new Random(20_261_122);
    for (int round = 0; round < 200; round++) {
      String text = walk.text(random);
      assertThat(text).as("round %d", round).doesNotContain("<");
      assertThat(with.matches(text.replace("\\u003c", "<"))).as(text).isTrue();
    }
    assertThat(MarkFree.json(JSON_STRING, AnswerFormat.HERMES)).isSameAs(JSON_STRING);
  }

  @Test
  void textIsAnyButThatWithTheTagInIt() throws GbnfException {
    var rules = new RuleBook();
    String any = new TextRule(null, "</parameter>", rules).any();
    Gbnf text = Gbnf.read(rules.gbnf(any));
    for (String legal :
        new String[] {
          "",
          "a",
          "<",
          "<<",
          "</",
          "</p",
          "</paramete",
          "</parameter",
          "<</parameter",
          "a</b>\n\t<c",
          "</par</parameter",
          "é<>😀",
          "</parameters",
          "<x".repeat(500)
        }) {
      assertThat(text.matches(legal)).as(legal).isTrue();
    }
    for (String illegal :
        new String[] {
          "</parameter>", "<</parameter>", "a</parameter>b", "</par</parameter>", "\0"
        }) {
      assertThat(text.matches(illegal)).as(illegal).isFalse();
    }
  }
}
