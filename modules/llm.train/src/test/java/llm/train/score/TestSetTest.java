package llm.train.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import llm.train.corpus.Language;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TestSetTest {
  static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();

  @TempDir private Path folder;

  @Test
  void itHasEnoughQuestionsOfEachKindHalfOfThemRussian() throws Exception {
    List<Question> questions = TestSet.read(ROOT.resolve(TestSet.FILE)).questions();

    var counts =
        questions.stream()
            .collect(
                Collectors.groupingBy(
                    question -> question.kind().word() + " " + question.language(),
                    Collectors.counting()));
    assertThat(questions).hasSizeGreaterThanOrEqualTo(120);
    for (Kind kind : Kind.values()) {
      long english = counts.get(kind.word() + " " + Language.ENGLISH);
      assertThat(english).as(kind.word()).isGreaterThanOrEqualTo(20);
      assertThat(counts.get(kind.word() + " " + Language.RUSSIAN))
          .as(kind.word())
          .isEqualTo(english);
    }
  }

  @Test
  void everyTopicIsAskedPlainlyAndOtherwiseAndInBothLanguages() throws Exception {
    Map<String, List<Question>> topics =
        TestSet.read(ROOT.resolve(TestSet.FILE)).questions().stream()
            .filter(question -> !question.kind().isOffTopic() && question.expected().size() == 1)
            .collect(Collectors.groupingBy(question -> question.expected().iterator().next()));

    assertThat(topics).hasSize(60);
    topics.forEach((topic, questions) -> {
      assertThat(questions).as(topic).extracting(Question::kind).contains(Kind.IN_DOMAIN);
      assertThat(questions).as(topic).extracting(Question::language).contains(Language.values());
    });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '~',
      value = {
        "in_domain|en|port; 3 columns, not 4",
        "plain|en|port|Which port?; 'plain' is no kind",
        "in_domain|de|port|Welcher Port?; 'de' is no language: en or ru",
        "in_domain|en|Port!|Which port?; 'Port!' names no topics",
        "in_domain|en|fallback|Which port?; 'fallback' alone is expected of what is off topic",
        "off_topic|en|port|Which port?; 'fallback' alone is expected of what is off topic",
        "in_domain|en|port| ; a question needs words",
        "in_domain|en|tls|which PORT?; this question is in the file already",
      })
  void aLineThatIsWrongIsNamed(String line, String reason) throws Exception {
    Path file = folder.resolve("questions.tsv");
    Files.write(
        file,
        List.of(
            "# kind\tlanguage\texpected\tquestion",
            "in_domain\ten\tport\tWhich port?",
            "",
            String.join("\t", Arrays.asList(line.split("\\|", -1)))));

    assertThatThrownBy(() -> TestSet.read(file))
        .isInstanceOf(CannotScore.class)
        .hasMessageStartingWith(file + ":4: ")
        .hasMessageContaining(reason);
  }

  @Test
  void aFileThatIsNotThereOrEmptyIsNamed() throws Exception {
    Path file = folder.resolve("questions.tsv");
    assertThatThrownBy(() -> TestSet.read(file))
        .isInstanceOf(CannotScore.class)
        .hasMessageContaining(file + ": cannot be read");

    Files.writeString(file, "# nothing\n");
    assertThatThrownBy(() -> TestSet.read(file))
        .isInstanceOf(CannotScore.class)
        .hasMessage(file + ": holds no question");
  }
}
