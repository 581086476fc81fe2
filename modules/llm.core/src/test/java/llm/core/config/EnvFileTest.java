package llm.core.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Random;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** C-8: {@code .env}. */
class EnvFileTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "A=b             | b",
        "A = b c         | b c",
        "export A=b      | b",
        "A=              | ``",
        "A=b # comment   | b",
        "A=b#no comment  | b#no comment",
        "A=#all comment  | ``",
        "A='b # c'       | b # c",
        "A='b' # c       | b",
        "A=\"b # c\"     | b # c",
        "A=\"q\\\"q\\\\\"| q\"q\\",
        "A=\"$\\$x\\y\"  | $$x\\y",
        "A='q\\n'        | q\\n",
        "A=b=c           | b=c",
        "A=it's          | it's",
      })
  void readsAValue(String line, String value) throws Exception {
    assertThat(EnvFile.parse(".env", "# first\n\n" + line + "\r\n")).containsEntry("A", value);
  }

  @Test
  void escapesInDoubleQuotesAreReplaced() throws Exception {
    assertThat(EnvFile.parse(".env", "A=\"1\\n2\\r3\\t4\"")).containsEntry("A", "1\n2\r3\t4");
  }

  @Test
  void keepsTheOrder() throws Exception {
    assertThat(EnvFile.parse(".env", "Z=1\nA=2\n_x9=3").keySet()).containsExactly("Z", "A", "_x9");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "secret          | .env:2: must be NAME=value or a # comment",
        "=secret         | .env:2: must be NAME=value or a # comment",
        "1A=secret       | .env:2: must be NAME=value or a # comment",
        "A-B=secret      | .env:2: must be NAME=value or a # comment",
        "A='secret       | .env:2: A: the quote ' is not closed in its line",
        "A=\"secret      | .env:2: A: the quote \" is not closed in its line",
        "A=\"secret\\\"  | .env:2: A: the quote \" is not closed in its line",
        "A='x' secret    | .env:2: A: has text after its closing quote",
        "A=\"x\" secret  | .env:2: A: has text after its closing quote",
        "OK=secret       | .env:2: OK: is given twice, first in line 1",
      })
  void refusesALineAndShowsNoValue(String line, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> EnvFile.parse(".env", "OK=1\n" + line))
        .withMessage(message);
  }

  @Test
  void tellsAllBadLines() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> EnvFile.parse(".env", "x\nA=1\ny\n"))
        .satisfies(thrown -> assertThat(thrown.problems()).hasSize(2));
  }

  @Test
  @Tag("fuzz")
  @Tag("config")
  void randomTextNeverDoesMoreThanBeRefused() {
    Fuzz.target("config")
        .rounds(20_000)
        .run(EnvFileTest::anyLines, (bytes, _) -> readOrRefuse(new String(bytes, UTF_8)));
  }

  private static byte[] anyLines(Random random) {
    String letters = "AB=\"'\\#\n $\texport";
    var text = new StringBuilder();
    for (int i = random.nextInt(40); i > 0; i--) {
      text.append(letters.charAt(random.nextInt(letters.length())));
    }
    return text.toString().getBytes(UTF_8);
  }

  private static void readOrRefuse(String text) {
    try {
      EnvFile.parse(".env", text);
    } catch (ConfigException refused) {
      assertThat(refused.problems()).isNotEmpty();
    }
  }
}
