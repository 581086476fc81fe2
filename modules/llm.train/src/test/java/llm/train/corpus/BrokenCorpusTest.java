package llm.train.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mistakes in a small corpus, and what is said of them. */
class BrokenCorpusTest {
  private static final String TOPIC =
      """
      # a comment
      topic port
      en
      = Port ${config:server.port}, see ${option:--port} and ${endpoint:GET /ready/{id}}.
      ? which port
      + port
      ! port of Hamburg
      ru
      = Порт ${config:server.port}, до ${mib:server.max_body_bytes}.
      ? какой порт
      ! порт Одессы
      topic fallback
      en
      = Sorry.
      ! <pet>
      ru
      = Извините.
      ! кошка
      """;

  private static final String TUNING = "modules/llm.train/corpus/dev.tsv";

  @TempDir Path root;

  private Path topics;

  @BeforeEach
  void writeASmallRepository() throws IOException {
    Path corpus = root.resolve("modules/llm.train/corpus");
    topics = corpus.resolve("topics/all.txt");
    Files.createDirectories(topics.getParent());
    Files.createDirectories(root.resolve("docs"));
    Files.writeString(
        root.resolve("docs/configuration.md"),
        """
        ## `config.yml`
        ### `server`
        | key | type | default | environment | meaning |
        |---|---|---|---|---|
        | `port` | integer | `8000` | `SERVER_PORT` | Port \\| place. |
        | `max_body_bytes` | bytes | `8388608` | | Largest body. |
        | `host` | text | | `SERVER_HOST` | None by default. |
        ## Command line
        | `--port=N` | Port. |
        """);
    Files.writeString(root.resolve("docs/api.md"), "| `GET /ready/{id}` | how it is | no |\n");
    Files.writeString(root.resolve("pom.xml"), "<a><license>\n<name>Free</name></license></a>");
    StringBuilder words = new StringBuilder("pet = cat\n");
    for (String list :
        new String[] {"before", "after", "around", "system", "stem", "noun", "filler"}) {
      words.append(list).append("_en = a\n").append(list).append("_ru = б\n");
    }
    for (String list : new String[] {"onset", "vowel", "coda"}) {
      words.append(list).append("_en = a\n").append(list).append("_ru = б\n");
    }
    Files.writeString(corpus.resolve("words.txt"), words);
    Files.writeString(topics, TOPIC);
  }

  @Test
  void questionsForTuningHaveTheAnswersOfTheirTopics() throws IOException {
    Files.writeString(root.resolve(TUNING), "en\tport\tport?\n\n# off topic\nru\tfallback\tкто?\n");
    assertThat(ProductCorpus.read(root).tuning())
        .containsExactly(
            new Exchange("port?", "Port 8000, see --port and GET /ready/{id}."),
            new Exchange("кто?", "Извините."));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "en\\tport; a topic and a question with tabs",
        "de\\tport\\twelcher?; is not 'en'",
        "en\\tharbour\\twhich?; is no topic; name one"
      })
  void aLineForTuningThatSaysNothingIsToldWithItsPlace(String line, String problem)
      throws IOException {
    Files.writeString(root.resolve(TUNING), "# a comment\n" + line.replace("\\t", "\t") + "\n");
    assertThatThrownBy(() -> ProductCorpus.read(root))
        .isInstanceOf(CorpusException.class)
        .hasMessageContaining("dev.tsv:2: ")
        .hasMessageContaining(problem);
  }

  @Test
  void factsStandInAnswersAsTheReferencesHaveThem() {
    var answers = ProductCorpus.read(root).answers().get("port");
    assertThat(answers)
        .containsEntry(Language.ENGLISH, "Port 8000, see --port and GET /ready/{id}.")
        .containsEntry(Language.RUSSIAN, "Порт 8000, до 8 MiB.");
  }

  @Test
  void aDefaultThatChangesChangesAnswerAndHashAndAcommentNeither() throws IOException {
    ProductCorpus before = ProductCorpus.read(root);
    Files.writeString(topics, TOPIC.replace("# a comment", "# another\n\n"));
    assertThat(ProductCorpus.read(root).sha256()).isEqualTo(before.sha256());
    Path page = root.resolve("docs/configuration.md");
    Files.writeString(page, Files.readString(page).replace("8000", "9000"));
    ProductCorpus after = ProductCorpus.read(root);
    assertThat(after.answers().get("port").get(Language.ENGLISH)).startsWith("Port 9000");
    assertThat(after.sha256()).isNotEqualTo(before.sha256());
    Files.writeString(topics, TOPIC.replace("which port", "which PORT"));
    assertThat(ProductCorpus.read(root).sha256()).isNotEqualTo(after.sha256());
  }

  @Test
  void aSmallCorpusMakesDialoguesToo() {
    ProductCorpus corpus = ProductCorpus.read(root);
    var random = new SplittableRandom(1);
    for (int i = 0; i < 500; i++) {
      assertThat(corpus.next(random).exchanges())
          .allSatisfy(exchange -> assertThat(corpus.topicOf(exchange.answer())).isPresent());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          ${config:server.port}; ${config:server.prot}; all.txt:4: setting 'server.prot' is not in docs/configuration.md
          ${config:server.port}; ${config:server.host}; all.txt:4: setting server.host has no default
          ${config:server.port}; ${mib:server.port}; all.txt:4: default 8000 of server.port is not whole MiB
          ${config:server.port}; ${key:server.prot}; all.txt:4: setting 'server.prot' is not in
          ${config:server.port}; ${variable:HOME}; all.txt:4: variable 'HOME' is not in
          ${option:--port}; ${option:--prot}; all.txt:4: option '--prot' is not in
          GET /ready/{id}; POST /ready/{id}; all.txt:4: endpoint 'POST /ready/{id}' is not in docs/api.md
          ${config:server.port}; ${path:/reedy}; all.txt:4: path '/reedy' is not in
          ${config:server.port}; ${script:tools/runn}; all.txt:4: program 'tools/runn' is not there
          ${config:server.port}; ${file:../secret}; all.txt:4: '../secret' is outside of the repository
          ${config:server.port}; ${doc:docs/api.md#gone}; all.txt:4: docs/api.md does not say 'gone'
          ${config:server.port}; ${pom:license/url}; all.txt:4: pom.xml has no element license/url
          ${config:server.port}; ${settings:server.port}; all.txt:4: '${settings:' is no kind of placeholder
          ? which port; which port; all.txt:5: is none of 'topic ID'
          ? which port; ? which {port; all.txt:5: the phrase has a '{' without its '}'
          ? which port; ? which <prt>; all.txt:5: the phrase names the word list <prt>
          ? which port; = Again.; all.txt:5: topic port has an answer in this language already
          topic port; topic Port!; all.txt:2: 'Port!' is no id
          topic port; # nothing; all.txt:3: stands before a topic
          = Извините.; = Sorry.; all.txt:17: topic fallback has the same answer
          ! порт Одессы; # nothing; all.txt:12: topic port ends without a lookalike
          ? какой порт; # nothing; all.txt:12: topic port ends without a question
          ! кошка; ? кошка; all.txt:18: the fallback answers no question
          """)
  void aMistakeIsToldWithFileLineAndFault(String right, String wrong, String message)
      throws IOException {
    Files.writeString(topics, TOPIC.replace(right, wrong));
    assertThatThrownBy(() -> ProductCorpus.read(root))
        .isInstanceOf(CorpusException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anAnswerThatIsTooLongAndAlanguageThatIsMissingAreTold() throws IOException {
    Files.writeString(topics, TOPIC.replace("= Sorry.", "= Sorry" + ".".repeat(160)));
    assertThatThrownBy(() -> ProductCorpus.read(root)).hasMessageContaining("all.txt:14: ");
    Files.writeString(topics, TOPIC.substring(0, TOPIC.indexOf("ru\n= Извините")));
    assertThatThrownBy(() -> ProductCorpus.read(root))
        .hasMessageContaining("topic fallback: lacks RUSSIAN");
  }

  @Test
  void placeholdersNameElementsOfThePomAndFiles() throws IOException {
    Files.writeString(
        topics, TOPIC.replace("= Sorry.", "= ${pom:license/name} in ${file:pom.xml}."));
    assertThat(ProductCorpus.read(root).fallback(Language.ENGLISH)).isEqualTo("Free in pom.xml.");
  }

  @Test
  void aFileThatIsGoneIsNamed() throws IOException {
    Files.delete(root.resolve("docs/api.md"));
    assertThatThrownBy(() -> ProductCorpus.read(root))
        .hasMessageStartingWith("docs/api.md: cannot");
  }
}
