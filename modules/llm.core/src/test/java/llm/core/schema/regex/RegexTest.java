package llm.core.schema.regex;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions as ECMA-262 has them, and what they cost. */
class RegexTest {
  private static final long SEED = Long.getLong("llm.test.seed", 20_261_122L);

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "^abc$           ; abc        ; true",
        "^abc$           ; abcd       ; false",
        "b               ; abc        ; true",
        "^(a|bc)+$       ; abcbca     ; true",
        "^(a|bc)+$       ; ab         ; false",
        "^a{2,3}$        ; aa         ; true",
        "^a{2,3}$        ; aaaa       ; false",
        "^a{2}$          ; aaa        ; false",
        "^a{2,}$         ; aaaaa      ; true",
        "^a{0}$          ; ``         ; true",
        "^a??b*?$        ; abb        ; true",
        "^[^a-c]+$       ; xyz        ; true",
        "^[^a-c]+$       ; xaz        ; false",
        "^[a\\-z]+$      ; a-z        ; true",
        "^[\\w-]+$       ; a-b_9      ; true",
        "^[]$            ; a          ; false",
        "^[^]$           ; a          ; true",
        "^\\d{3}-\\d{4}$ ; 555-1234   ; true",
        "^\\S+\\s\\S+$   ; a\u00a0b   ; true",
        "^\\s$           ; \ufeff     ; true",
        "\\bcat\\b       ; the cat is ; true",
        "\\bcat\\b       ; concat     ; false",
        "\\Bcat          ; concat     ; true",
        "^\\x41\\u0042\\u{43}$ ; ABC  ; true",
        "^\\uD83D\\uDC32$ ; 🐲        ; true",
        "^[🐲-🐴]$       ; 🐳         ; true",
        "^.$             ; 🐲         ; true",
        "^\\cI$          ; `\t`       ; true",
        "^\\p{Lu}\\p{L}*$ ; Éa        ; true",
        "^\\p{Script=Greek}+$ ; αβγ   ; true",
        "^\\P{L}$        ; a          ; false",
        "^\\p{Alphabetic}$ ; a        ; true",
        "^(?:a(?<n>b))$  ; ab         ; true",
        "^{a}$           ; {a}        ; true",
        "^a{,2}$         ; a{,2}      ; true",
        "^[.*+?]$        ; +          ; true",
        "^a|b$           ; ax         ; true",
        "^(|a)$          ; ``         ; true",
        "^(a*)*$         ; aaa        ; true",
        "^((a?){3}){3}$  ; aaaa       ; true",
        "^(?:(?:){9999}){9999}$ ; ``  ; true",
        "^\\/\\.\\$$     ; /.$        ; true",
        "^\\0$           ; `\0`       ; true",
      })
  void matches(String source, String text, boolean expected) throws RegexProblem {
    assertThat(Regex.of(source).find(text, _ -> {})).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        ")",
        "(a",
        "[a",
        "*a",
        "a**",
        "+",
        "?",
        "{2}",
        "^*",
        "a{3,2}",
        "[b-a]",
        "\\",
        "\\q",
        "\\u12",
        "\\x1",
        "\\u{110000}",
        "\\u{}",
        "\\u{zz}",
        "\\p{Nothing}",
        "\\p{Script=Klingonish}",
        "\\p{gc=X}",
        "\\pL",
        "\\c1",
        "\\01",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        "(?i:a)",
        "(?<>a)",
        "(?<a",
        "(a)\\1",
        "\\k<a>",
        "a{10001}",
        "(a{1000}){1000}",
        "((((a{99}){99}){99}){99})"
      })
  void refuses(String source) {
    assertThatThrownBy(() -> Regex.of(source))
        .isInstanceOf(RegexProblem.class)
        .hasMessageMatching(".{5,100}[^.]");
  }

  @Test
  void refusesWhatIsTooLong() {
    assertThatThrownBy(() -> Regex.of("a".repeat(10_001))).hasMessageContaining("10000");
    assertThatThrownBy(() -> Regex.of("(".repeat(101) + ")".repeat(101)))
        .hasMessageContaining("groups");
  }

  @ParameterizedTest
  @ValueSource(strings = {"^(a+)+$", "^(a|aa)+$", "(.*)*x", "^(a?){50}a{50}$", "(a*)*b"})
  void takesStepsThatGrowWithTheTextAlone(String source) throws RegexProblem {
    long small = steps(source, 1_000);
    long large = steps(source, 10_000);
    assertThat(large).isLessThan(11 * small);
  }

  private static long steps(String source, int length) throws RegexProblem {
    var steps = new AtomicLong();
    Regex.of(source).find("a".repeat(length) + "!", steps::addAndGet);
    return steps.get();
  }

  @Test
  void endsWhenItsStepsAreSpent() throws RegexProblem {
    Regex regex = Regex.of("(a|b)*c");
    assertThatThrownBy(() ->
            regex.find(
                "ab".repeat(1_000),
                _ -> {
                  throw new IllegalStateException("spent");
                }))
        .hasMessage("spent");
  }

  /** Where Java's expressions mean the same, they must agree. */
  @Test
  void agreesWithJava() throws RegexProblem {
    var random = new SplittableRandom(SEED);
    for (int i = 0; i < 3_000; i++) {
      String source = expression(random, 3);
      Regex ours = Regex.of(source);
      Pattern theirs = Pattern.compile(source);
      for (int j = 0; j < 5; j++) {
        String text = text(random);
        assertThat(ours.find(text, _ -> {}))
            .as("seed %d: /%s/ in '%s'", SEED, source, text)
            .isEqualTo(theirs.matcher(text).find());
      }
    }
  }

  @Test
  void takesProgramsOfAnyLengthToTheirEnd() throws RegexProblem {
    for (int n = 0; n <= 300; n++) {
      String text = "a".repeat(n);
      Regex regex = Regex.of("^" + text + "b*$");
      assertThat(regex.find(text + "bbb", _ -> {})).as("%d letters", n).isTrue();
      assertThat(regex.find(text + "bc", _ -> {})).as("%d letters", n).isFalse();
    }
  }

  private static String expression(SplittableRandom random, int depth) {
    int kind = random.nextInt(depth == 0 ? 6 : 10);
    return switch (kind) {
      case 0, 1 -> "a";
      case 2 -> "b";
      case 3 -> "[ab]";
      case 4 -> "[^a]";
      case 5 -> random.nextBoolean() ? "\\d" : ".";
      case 6 -> expression(random, depth - 1) + expression(random, depth - 1);
      case 7 -> "(" + expression(random, depth - 1) + "|" + expression(random, depth - 1) + ")";
      case 8 -> {
        String[] times = {"*", "+", "?", "{2}", "{1,2}", "{0,1}?", "*?"};
        yield "(?:" + expression(random, depth - 1) + ")" + times[random.nextInt(times.length)];
      }
      default ->
          (random.nextBoolean() ? "^" : "\\b")
              + expression(random, depth - 1)
              + (random.nextBoolean() ? "(?:)" : "\\b");
    };
  }

  private static String text(SplittableRandom random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(7); i > 0; i--) {
      text.append("aab1 ".charAt(random.nextInt(5)));
    }
    return text.toString();
  }
}
