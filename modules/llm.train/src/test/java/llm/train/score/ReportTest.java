package llm.train.score;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import llm.train.corpus.Language;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final Report REPORT =
      new Report(
          new Score(
              List.of(
                  right(Kind.IN_DOMAIN, Language.ENGLISH, 9),
                  right(Kind.IN_DOMAIN, Language.RUSSIAN, 7),
                  wrong(Kind.PARAPHRASE, Language.ENGLISH, "port"),
                  right(Kind.OFF_TOPIC, Language.RUSSIAN, 300),
                  wrong(Kind.OFF_TOPIC_HARD, Language.RUSSIAN, "tls"))));

  @Test
  void theTableHasKindsByLanguageTotalsAndTheMedianTime() {
    assertThat(REPORT.table())
        .isEqualTo(
            """
                                        en                ru                all
            in_domain                   1/1  100.0 %      1/1  100.0 %      2/2  100.0 %
            paraphrase                  0/1  0.0 %        –                 0/1  0.0 %
            off_topic                   –                 1/1  100.0 %      1/1  100.0 %
            off_topic_hard              –                 0/1  0.0 %        0/1  0.0 %
            in-domain                   1/2  50.0 %       1/1  100.0 %      2/3  66.7 %
            off-topic → fallback        –                 1/2  50.0 %       1/2  50.0 %
            median time to first token                                      7.0 ms
            """);
  }

  @Test
  void theCardHasTheSameInMarkdown() {
    assertThat(REPORT.card())
        .startsWith("| questions | English | Russian | all |\n|---|---|---|---|\n")
        .contains("| asked plainly | 1/1  100.0 % | 1/1  100.0 % | 2/2  100.0 % |\n")
        .contains("| **off-topic → fallback, all** | – | 1/2  50.0 % | 1/2  50.0 % |\n")
        .endsWith("| median time to first token | | | 7.0 ms |\n");
  }

  @Test
  void wrongAnswersAreListedWithWhatWasDueAndWhatCame() {
    assertThat(REPORT.wrong())
        .isEqualTo(
            """
            paraphrase en: a question
              due: tls
              got: port: an answer of two lines
            off_topic_hard ru: a question
              due: fallback
              got: tls: an answer of two lines
            """);
  }

  @Test
  void theJsonHasTheRowsTheTimeAndTheWrongAnswers() {
    assertThat(REPORT.json())
        .startsWith(
            "{\"rows\":[{\"name\":\"in_domain\",\"en\":{\"right\":1,\"all\":1},"
                + "\"ru\":{\"right\":1,\"all\":1},\"all\":{\"right\":2,\"all\":2}},")
        .contains("\"first_token_ms_median\":7.0,\"wrong\":[{\"kind\":\"paraphrase\"")
        .endsWith(
            "\"expected\":\"fallback\",\"question\":\"a question\",\"answered\":\"tls\","
                + "\"answer\":\"an answer\\nof two lines\"}]}");
  }

  @Test
  void theModelCardHasARowForEachOfTheFigures() throws Exception {
    List<String> rows = new ArrayList<>();
    String page = Files.readString(TestSetTest.ROOT.resolve("docs/builtin.md"));
    for (String line : page.lines().toList()) {
      if (line.startsWith("| ")) {
        rows.add(line.split("\\|")[1].strip());
      }
    }
    assertThat(rows)
        .as("rows of docs/builtin.md; tools/train-builtin --score --card prints them")
        .containsSubsequence(Report.cardTitles());
    assertThat(page)
        .as("how many questions docs/builtin.md says there are")
        .contains(
            TestSet.read(TestSetTest.ROOT.resolve(TestSet.FILE)).questions().size() + " questions");
  }

  private static Outcome right(Kind kind, Language language, long millis) {
    var answer = new Answer("an answer", Duration.ofMillis(millis));
    return new Outcome(question(kind, language), answer, true, "tls");
  }

  private static Outcome wrong(Kind kind, Language language, String answered) {
    var answer = new Answer("an answer\nof two lines", Duration.ofMillis(5));
    return new Outcome(question(kind, language), answer, false, answered);
  }

  private static Question question(Kind kind, Language language) {
    String expected = kind.isOffTopic() ? Question.FALLBACK : "tls";
    return new Question(kind, language, Set.of(expected), "a question");
  }
}
