package llm.train.score;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import llm.train.corpus.Dialogue;
import llm.train.corpus.Exchange;
import llm.train.corpus.Language;
import llm.train.corpus.ProductCorpus;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The test set beside the corpus: the same topics, and no question in common. */
class TestSetAndCorpusTest {
  private static final int DIALOGUES = 10_000;
  private static final long SEED = 20_261_122;

  private static ProductCorpus corpus;
  private static List<Question> questions;

  @BeforeAll
  static void read() throws Exception {
    corpus = ProductCorpus.read(TestSetTest.ROOT);
    questions = TestSet.read(TestSetTest.ROOT.resolve(TestSet.FILE)).questions();
  }

  @Test
  void everyTopicOfTheCorpusIsAskedAndNoOther() {
    var asked = new TreeSet<String>();
    questions.stream()
        .filter(question -> !question.kind().isOffTopic())
        .forEach(question -> asked.addAll(question.expected()));
    var topics = new TreeSet<>(corpus.answers().keySet());
    topics.remove(Question.FALLBACK);

    assertThat(asked).isEqualTo(topics);
  }

  @Test
  void noTwoTopicsHaveOneAnswer() {
    for (Language language : Language.values()) {
      var seen = new HashMap<String, String>();
      corpus
          .answers()
          .forEach((topic, answers) ->
              assertThat(seen.putIfAbsent(answers.get(language), topic))
                  .as("topic with the answer of %s in %s", topic, language)
                  .isNull());
    }
  }

  @Test
  void noQuestionIsTrainedOn() {
    Map<String, Question> unseen = new HashMap<>();
    questions.forEach(question -> unseen.put(normal(question.text()), question));
    var random = new SplittableRandom(SEED);
    var trained = new TreeSet<String>();
    for (int i = 0; i < DIALOGUES; i++) {
      Dialogue dialogue = corpus.next(random);
      for (Exchange exchange : dialogue.exchanges()) {
        if (unseen.containsKey(normal(exchange.question()))) {
          trained.add(exchange.question());
        }
      }
    }

    assertThat(trained)
        .as("questions of %s in %d dialogues of the corpus, seed %d", TestSet.FILE, DIALOGUES, SEED)
        .isEmpty();
  }

  @Test
  void noQuestionIsTunedBy() throws Exception {
    Path tuning = TestSetTest.ROOT.resolve("modules/llm.train/corpus/dev.tsv");
    var tunedBy = new TreeSet<String>();
    for (String line : Files.readAllLines(tuning)) {
      tunedBy.add(normal(line.substring(line.lastIndexOf('\t') + 1)));
    }

    assertThat(questions)
        .as("questions of %s that %s has too, where they must go", TestSet.FILE, tuning)
        .extracting(question -> normal(question.text()))
        .doesNotContainAnyElementsOf(tunedBy);
  }

  /** Without what a hasty eye would not see: case, marks, blanks, and the two dots of ё. */
  private static String normal(String text) {
    return text.toLowerCase(Locale.ROOT)
        .replace('ё', 'е')
        .replaceAll("[^\\p{L}\\p{N}]+", " ")
        .strip();
  }
}
