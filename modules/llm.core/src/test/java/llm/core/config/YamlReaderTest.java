package llm.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import llm.core.testkit.Fuzz;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** C-8: a file is data, never more; whatever is in it, the answer is a problem with its line. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class YamlReaderTest {

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n", "# only a comment\n", "---\n", "---\n...\n", "~", "null"})
  void nothingIsAnEmptyMapping(String text) throws Exception {
    assertThat(YamlReader.read("c.yml", text).entries()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: 1\\nb: 2\\na: 3         | c.yml:3: a: is given twice, first in line 1",
        "a:\\n  b: 1\\n\\n  'b': 2  | c.yml:4: a.b: is given twice, first in line 2",
        "l:\\n- {x: 1, x: 2}        | c.yml:2: l[0].x: is given twice, first in line 2",
        "5                          | c.yml:1: must be a mapping: lines of key: value",
        "- a\\n- b                  | c.yml:1: must be a mapping: lines of key: value",
        "a: !!java.net.URL [x]      | c.yml:1: is not YAML: Global tag is not allowed:"
            + " tag:yaml.org,2002:java.net.URL",
        "a: !mine x                 | c.yml:1: a: has the tag !mine; tags are not read",
        "a: !!binary aGk=           | c.yml:1: a: has the tag tag:yaml.org,2002:binary; tags are"
            + " not read",
        "b: &b {x: 1}\\na:\\n  <<: *b | c.yml:3: a: has a merge key <<, which is not read; write"
            + " the keys out",
        "a:\\n  ? [x]\\n  : 1       | c.yml:2: a: has a key that is not a word",
        "a: 1\\n---\\nb: 2          | c.yml:2: is not YAML: but found another document",
        "a: *nowhere                | c.yml:1: is not YAML: found undefined alias nowhere",
        "a: [1                      | c.yml:1: is not YAML: expected ',' or ']', but got <stream"
            + " end>",
        "\\ta: 1                    | c.yml:1: is not YAML: found character '\\t(TAB)' that cannot"
            + " start any token. (Do not use \\t(TAB) for indentation)",
      })
  void refusesWhatIsNoPlainData(String text, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> YamlReader.read("c.yml", text.replace("\\n", "\n").replace("\\t", "\t")))
        .withMessage(message.replace("\\t(", "\\t("));
  }

  @Test
  void severalProblemsComeTogether() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> YamlReader.read("c.yml", "a: !x 1\nb: 1\nb: 2\n"))
        .withMessage(
            "c.yml:1: a: has the tag !x; tags are not read\n"
                + "c.yml:3: b: is given twice, first in line 2");
  }

  @Test
  void aliasesOfPlainValuesAreExpanded() throws Exception {
    var root = YamlReader.read("c.yml", "a: &x {k: v}\nb: *x\nc: &y 5\nd: *y\n");
    assertThat(root.take("b")).get().extracting(entry -> entry.value().line()).isEqualTo(1);
    assertThat(root.take("d"))
        .get()
        .extracting(YamlNode.Mapping.Entry::value)
        .isEqualTo(new YamlNode.Scalar("5", false, 3));
  }

  @Test
  void anAliasBombIsRefusedSoon() {
    var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
      bomb.append("a" + i + ": &a" + i + " [");
      bomb.append(String.join(", ", java.util.Collections.nCopies(10, "*a" + (i - 1))));
      bomb.append("]\n");
    }
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> YamlReader.read("c.yml", bomb.toString()))
        .satisfies(thrown -> assertThat(thrown.problems()).hasSize(1))
        .withMessageContaining("is too large: at most 50000 values, 32 levels deep");
  }

  @Test
  void anAliasOfItselfIsRefused() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> YamlReader.read("c.yml", "a: &a [*a]\n"))
        .satisfies(thrown -> assertThat(thrown.problems()).hasSize(1))
        .withMessageContaining("levels deep");
  }

  @Test
  void depthIsLimited() {
    for (String text :
        List.of("a: " + "[".repeat(1_000) + "]".repeat(1_000), "a: " + "{x: ".repeat(1_000))) {
      assertThatExceptionOfType(ConfigException.class)
          .isThrownBy(() -> YamlReader.read("c.yml", text));
    }
  }

  @Test
  @Tag("fuzz")
  @Tag("config")
  void randomBytesNeverDoMoreThanBeRefused() {
    Fuzz.target("config")
        .rounds(4_000)
        .run(YamlReaderTest::anyBytes, (bytes, _) -> readOrRefuse(bytes));
  }

  private static byte[] anyBytes(Random random) {
    var bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  @Tag("fuzz")
  @Tag("config")
  void randomYamlNeverDoesMoreThanBeRefused() {
    List<String> pieces =
        List.of(
            "a",
            "b: ",
            "- ",
            "\n",
            "\n  ",
            "\n    ",
            "{",
            "}",
            "[",
            "]",
            ",",
            ": ",
            "? ",
            "&a ",
            "*a ",
            "!",
            "!!str ",
            "!<x> ",
            "|",
            ">-\n",
            "'",
            "\"",
            "\\x",
            "\\",
            "#",
            "%YAML 1.1\n",
            "---\n",
            "...\n",
            "<<: ",
            "~",
            "1e9",
            "0x",
            "2026-01-01",
            "${A}",
            "\t",
            "\u0085",
            "\uFEFF",
            "😀",
            "@",
            "`",
            "%");
    Fuzz.target("config")
        .rounds(8_000)
        .run(random -> joined(pieces, random), (bytes, _) -> readOrRefuse(bytes));
  }

  private static byte[] joined(List<String> pieces, Random random) {
    var text = new StringBuilder();
    for (int i = random.nextInt(30); i > 0; i--) {
      text.append(pieces.get(random.nextInt(pieces.size())));
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  @Tag("fuzz")
  @Tag("config")
  void aDamagedRealFileIsReadOrRefused() {
    String real =
        """
        server: {port: 8000, host: "127.0.0.1"}
        telemetry:
          level: info   # comment
          levels:
            llm.gateway: debug
        models:
          - &m {id: a, tags: [x, 'y']}
          - *m
        """;
    byte[] sound = real.getBytes(StandardCharsets.UTF_8);
    Fuzz.target("config")
        .rounds(3_000)
        .run(random -> damaged(sound, random), (bytes, _) -> readOrRefuse(bytes));
  }

  private static byte[] damaged(byte[] sound, Random random) {
    var damaged = new ByteArrayOutputStream();
    for (byte b : sound) {
      int fate = random.nextInt(60);
      if (fate == 0) {
        damaged.write(random.nextInt(256));
      }
      if (fate != 1) {
        damaged.write(b);
      }
    }
    return damaged.toByteArray();
  }

  /** Reads and uses it as a module would. */
  private static void readOrRefuse(byte[] bytes) {
    try {
      var root = YamlReader.read("c.yml", TextFile.decode("c.yml", bytes));
      var state =
          new LoadState(
              "c.yml",
              java.util.Map.of(),
              new Variables(java.util.Map.of(), ".env", java.util.Map.of()),
              true);
      var section = new FileSection(state, "", root);
      section.get(Setting.integer("a", 1, 0, 9, ""));
      section.list(Setting.text("b", "", ""));
      section.named("telemetry", "").values().forEach(s -> s.map(Setting.text("levels", "", "")));
      section.entries("models", "").forEach(s -> s.get(Setting.text("id", "", "")));
      state.problems(root).forEach(problem -> assertThat(problem.toString()).startsWith("c.yml"));
    } catch (ConfigException refused) {
      assertThat(refused.problems()).isNotEmpty();
    }
  }
}
