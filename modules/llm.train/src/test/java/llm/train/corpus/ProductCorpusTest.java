package llm.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The corpus that the shipped model is trained on. */
class ProductCorpusTest {
  private static final Path ROOT = Path.of("..", "..");
  private static final Path DEV = Path.of("corpus", "dev.tsv");
  private static final Pattern CYRILLIC = Pattern.compile("\\p{IsCyrillic}");
  private static final int SEED = 20_261_122;
  private static final int DIALOGUES = 20_000;

  private static ProductCorpus corpus;
  private static List<Topic> topics;

  @BeforeAll
  static void read() {
    corpus = ProductCorpus.read(ROOT);
    topics = CorpusReader.read(ROOT).topics();
  }

  @Test
  void everyTopicIsKnownByManyWordingsInEachLanguage() {
    assertThat(corpus.answers()).hasSize(61).containsKey(Topic.FALLBACK);
    for (Topic topic : topics) {
      if (!topic.isFallback()) {
        String name = topic.id() + " in " + topic.language();
        int wordings = topic.questions().all().size() + topic.keys().all().size();
        assertThat(wordings).as("wordings of " + name).isGreaterThan(7);
        long forms = topic.questions().all().stream().mapToLong(Phrase::forms).sum();
        assertThat(forms).as("surface forms of " + name).isGreaterThan(150);
        assertThat(topic.lookalikes().all().size()).as("lookalikes of " + name).isGreaterThan(5);
      }
    }
  }

  @Test
  void everyAnswerIsShortResolvedItsOwnAndToldByItsFirstWord() {
    for (Language language : Language.values()) {
      var answers = new TreeSet<String>();
      var beginnings = new TreeSet<String>();
      for (var topic : corpus.answers().entrySet()) {
        String answer = topic.getValue().get(language);
        assertThat(answer).hasSizeLessThanOrEqualTo(160).doesNotContain("${");
        assertThat(answers.add(answer)).as("another topic says: " + answer).isTrue();
        assertThat(beginnings.add(answer.split(" ")[0]))
            .as("another topic begins so: " + answer)
            .isTrue();
        assertThat(corpus.topicOf(answer)).contains(topic.getKey());
      }
      assertThat(corpus.topicOf(corpus.fallback(language))).contains(Topic.FALLBACK);
    }
    assertThat(corpus.topicOf("Something else.")).isEmpty();
  }

  @Test
  void noQuestionHasTwoAnswers() {
    var random = new SplittableRandom(SEED);
    Map<String, String> meanings = new HashMap<>();
    var contradictions = new TreeSet<String>();
    for (Topic topic : topics) {
      collect(topic.questions(), topic.id(), meanings, contradictions, random);
      collect(topic.keys(), topic.id(), meanings, contradictions, random);
      collect(topic.lookalikes(), Topic.FALLBACK, meanings, contradictions, random);
    }
    assertThat(contradictions).as("the same question, answered otherwise; seed " + SEED).isEmpty();
  }

  private static void collect(
      Phrases phrases,
      String id,
      Map<String, String> meanings,
      TreeSet<String> contradictions,
      SplittableRandom random) {
    for (Phrase phrase : phrases.all()) {
      long draws = Math.min(2 * phrase.forms(), 600);
      for (int i = 0; i < draws; i++) {
        String question = phrase.pick(random);
        String known = meanings.putIfAbsent(Surface.of(question), id);
        if (known != null && !known.equals(id)) {
          contradictions.add(question + ": " + known + " and " + id);
        }
      }
    }
  }

  @Test
  void aQuestionIsAnsweredInItsLanguageByItsTopicOrTheFallback() {
    var random = new SplittableRandom(SEED);
    for (int i = 0; i < DIALOGUES; i++) {
      for (Exchange exchange : corpus.next(random).exchanges()) {
        String id = corpus.topicOf(exchange.answer()).orElseThrow();
        boolean russian = CYRILLIC.matcher(exchange.question()).find();
        Language language = russian ? Language.RUSSIAN : Language.ENGLISH;
        assertThat(corpus.answers().get(id).get(language))
            .as(exchange.question() + ", seed " + SEED)
            .isEqualTo(exchange.answer());
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameDialogues() {
    var first = new SplittableRandom(SEED);
    var second = new SplittableRandom(SEED);
    ProductCorpus again = ProductCorpus.read(ROOT);
    for (int i = 0; i < 1000; i++) {
      assertThat(again.next(second)).isEqualTo(corpus.next(first));
    }
    assertThat(again.sha256()).isEqualTo(corpus.sha256()).matches("[0-9a-f]{64}");
  }

  @Test
  void dialoguesAreOfEveryKindInTheSharesThatAreSaid() {
    var random = new SplittableRandom(SEED);
    List<Exchange> exchanges = new ArrayList<>();
    int systems = 0;
    int seconds = 0;
    for (int i = 0; i < DIALOGUES; i++) {
      Dialogue dialogue = corpus.next(random);
      systems += dialogue.system().isPresent() ? 1 : 0;
      seconds += dialogue.exchanges().size() - 1;
      exchanges.addAll(dialogue.exchanges());
    }
    Map<String, Long> ids =
        exchanges.stream()
            .collect(
                Collectors.groupingBy(
                    exchange -> corpus.topicOf(exchange.answer()).orElseThrow(),
                    TreeMap::new,
                    Collectors.counting()));
    long russian = exchanges.stream().filter(e -> CYRILLIC.matcher(e.question()).find()).count();
    assertThat(100.0 * systems / DIALOGUES).isCloseTo(ProductCorpus.SYSTEM_PERCENT, within(2.0));
    assertThat(100.0 * seconds / DIALOGUES).isCloseTo(ProductCorpus.SECOND_PERCENT, within(2.0));
    assertThat(100.0 * russian / exchanges.size())
        .isCloseTo(ProductCorpus.RUSSIAN_PERCENT, within(2.0));
    assertThat(100.0 * ids.get(Topic.FALLBACK) / exchanges.size())
        .isCloseTo(ProductCorpus.FALLBACK_PERCENT, within(3.0));
    assertThat(ids).hasSameSizeAs(corpus.answers());
    assertThat(topics.getFirst().id())
        .as("what chats of two exchanges begin with")
        .isEqualTo("greeting");
  }

  @Test
  void theQuestionsForTuningAreNotInTheCorpus() throws IOException {
    List<Pattern> patterns = new ArrayList<>(asked());
    patterns.addAll(keyed());
    List<String> lines = Files.readAllLines(DEV);
    assertThat(lines).hasSizeGreaterThan(150);
    var known = new TreeSet<String>();
    for (String line : lines) {
      String[] columns = line.split("\t");
      assertThat(columns).as(line).hasSize(3);
      assertThat(columns[0]).as(line).isIn("en", "ru");
      assertThat(corpus.answers()).as(line).containsKey(columns[1]);
      String surface = Surface.of(columns[2]);
      if (patterns.stream().anyMatch(pattern -> pattern.matcher(surface).matches())) {
        known.add(line);
      }
    }
    assertThat(known).as("questions of dev.tsv that the corpus asks; word them anew").isEmpty();
  }

  private static List<Pattern> asked() {
    return topics.stream()
        .flatMap(topic ->
            Stream.concat(topic.questions().all().stream(), topic.lookalikes().all().stream()))
        .map(Surface::pattern)
        .toList();
  }

  private static List<Pattern> keyed() {
    Map<String, Phrase> lists = CorpusReader.read(ROOT).lists();
    return topics.stream()
        .filter(topic -> !topic.keys().isEmpty())
        .map(topic -> {
          boolean english = topic.language() == Language.ENGLISH;
          String around = Surface.pattern(lists.get(english ? "around_en" : "around_ru")).pattern();
          String keys =
              topic.keys().all().stream()
                  .map(key -> Surface.pattern(key).pattern())
                  .collect(Collectors.joining("|", "(?:", ")"));
          return Pattern.compile(around.replace("@", keys));
        })
        .toList();
  }
}
