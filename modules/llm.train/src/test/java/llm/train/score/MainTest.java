package llm.train.score;

import static llm.train.score.TestSetTest.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import llm.train.corpus.Language;
import llm.train.corpus.ProductCorpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as it is typed, with this repository's corpus and test set. */
class MainTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void aServerThatKnowsAllButTheRussianFallbackGetsItsScore(@TempDir Path folder) throws Exception {
    Map<String, String> answers = answers();
    Path json = folder.resolve("score.json");
    int code;
    try (var server = new ScriptedServer(answers::get)) {
      code = run("--server", server.uri().toString(), "--verbose", "--json", json.toString());
    }

    assertThat(text(err)).contains("268/268 asked, 224 right");
    assertThat(code).isZero();
    assertThat(text(out))
        .contains("off_topic ru: Какая столица Австралии?\n  due: fallback\n  got: fallback (en): ")
        .containsPattern("in-domain +90/90  100.0 % +90/90  100.0 % +180/180  100.0 %\n")
        .containsPattern("off-topic → fallback +44/44  100.0 % +0/44  0.0 % +44/88  50.0 %\n");
    assertThat(json).content().contains("\"answered\":\"fallback (en)\"");
  }

  @Test
  void theTableOfTheModelCardIsPrintedInItsPlace() throws Exception {
    Map<String, String> answers = answers();
    try (var server = new ScriptedServer(answers::get)) {
      assertThat(run("--score", "--server", server.uri().toString(), "--card")).isZero();
    }

    assertThat(text(out))
        .startsWith("| questions | English | Russian | all |\n")
        .contains("| **in-domain, all** | 90/90  100.0 % | 90/90  100.0 % | 180/180  100.0 % |");
  }

  @Test
  void withoutAnAnswerThereIsNoScore() throws Exception {
    try (var server = new ScriptedServer(_ -> ScriptedServer.REFUSED)) {
      assertThat(run("--server", server.uri().toString())).isEqualTo(1);
    }

    assertThat(text(out)).isEmpty();
    assertThat(text(err)).contains("no score: ").contains("the model is busy");
  }

  @Test
  void aWrongOptionIsNamedAndHelpListsThem() {
    assertThat(run("--sever=x")).isEqualTo(2);
    assertThat(text(err)).contains("unknown option '--sever'; --score --help lists them.");

    assertThat(run("--help")).isZero();
    assertThat(text(out)).contains("--server URL", "--model FILE", "--verbose", "--card", "--json");
  }

  private static Map<String, String> answers() throws Exception {
    ProductCorpus corpus = ProductCorpus.read(ROOT);
    var answers = new HashMap<String, String>();
    for (Question question : TestSet.read(ROOT.resolve(TestSet.FILE)).questions()) {
      String topic = question.expected().iterator().next();
      answers.put(
          question.text(),
          question.kind().isOffTopic()
              ? corpus.fallback(Language.ENGLISH)
              : corpus.answers().get(topic).get(question.language()));
    }
    return answers;
  }

  private int run(String... arguments) {
    return Main.run(ROOT, print(out), print(err), arguments);
  }

  private static PrintStream print(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
