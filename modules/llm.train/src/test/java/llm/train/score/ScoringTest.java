package llm.train.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.OutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llm.train.corpus.Language;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScoringTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final PrintStream NOWHERE = new PrintStream(OutputStream.nullOutputStream());
  private static final AnswerKey KEY =
      new AnswerKey(
          Map.of(
              "port", answers("Port 8000.", "Порт 8000."),
              "tls", answers("TLS by a certificate.", "TLS по сертификату.")),
          answers("I do not know.", "Не знаю."));
  private static final TestSet QUESTIONS =
      new TestSet(
          List.of(
              question(Kind.IN_DOMAIN, Language.ENGLISH, "port", "Which port?"),
              question(Kind.IN_DOMAIN, Language.RUSSIAN, "port", "Какой порт?"),
              question(Kind.PARAPHRASE, Language.ENGLISH, "tls", "encrypted?"),
              question(Kind.OFF_TOPIC, Language.ENGLISH, "fallback", "Is it raining?"),
              question(Kind.OFF_TOPIC_HARD, Language.RUSSIAN, "fallback", "Где порт Риги?")));
  private static final Map<String, String> RIGHT =
      Map.of(
          "Which port?", "Port 8000.",
          "Какой порт?", "Порт 8000.",
          "encrypted?", "TLS by a certificate.",
          "Is it raining?", "I do not know.",
          "Где порт Риги?", "Не знаю.");

  @Test
  void theCanonicalAnswersOfExpectedTopicsAreRight() throws Exception {
    Score score = score(RIGHT);

    assertThat(score.tally(_ -> true)).isEqualTo(new Score.Tally(5, 5));
    assertThat(score.wrong()).isEmpty();
  }

  @Test
  void everyQuestionIsAskedAloneGreedilyAndStreamed() throws Exception {
    try (var server = new ScriptedServer(RIGHT::get);
        var client = new ChatClient(server.uri(), "builtin", LIMIT)) {
      new Scoring(QUESTIONS, KEY).run(client, progress());

      assertThat(server.requests())
          .hasSize(5)
          .first()
          .isEqualTo(
              "{\"model\":\"builtin\",\"stream\":true,\"temperature\":0,\"max_tokens\":320,"
                  + "\"messages\":[{\"role\":\"user\",\"content\":\"Which port?\"}]}");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Which port?, TLS by a certificate., tls",
    "Which port?, Порт 8000., port (ru)",
    "Which port?, I do not know., fallback",
    "Which port?, Port 8000 Port 8000, no answer of a topic",
    "Why encrypted?, Port 8000., port",
    "Где порт Риги?, I do not know., fallback (en)",
  })
  void anythingElseIsWrongAndNamed(String asked, String answer, String name) throws Exception {
    Question question =
        question(
            Kind.IN_DOMAIN,
            asked.startsWith("Где") ? Language.RUSSIAN : Language.ENGLISH,
            asked.startsWith("Which") ? "port" : "tls",
            asked);
    try (var server = new ScriptedServer(_ -> answer);
        var client = new ChatClient(server.uri(), "builtin", LIMIT)) {
      Score score = new Scoring(new TestSet(List.of(question)), KEY).run(client, progress());

      assertThat(score.wrong()).extracting(Outcome::answered).containsExactly(name);
    }
  }

  @Test
  void blanksAroundAnAnswerDoNotCountAndAnyExpectedTopicWillDo() throws Exception {
    var either =
        new Question(Kind.IN_DOMAIN, Language.ENGLISH, Set.of("port", "tls"), "443 or 8000?");
    try (var server = new ScriptedServer(_ -> " TLS by a certificate.\n");
        var client = new ChatClient(server.uri(), "builtin", LIMIT)) {
      Score score = new Scoring(new TestSet(List.of(either)), KEY).run(client, progress());

      assertThat(score.tally(_ -> true)).isEqualTo(new Score.Tally(1, 1));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "<refused>, answers 503 for the model 'builtin': the model is busy",
    "<failed>, did not answer 'Which port?': out of memory",
    "<cut>, did not answer 'Which port?': the answer ended without [DONE]",
    "<endless>, cannot be asked",
  })
  void anAnswerThatIsNotWholeIsNoScore(String answer, String reason) throws Exception {
    try (var server = new ScriptedServer(_ -> answer);
        var client = new ChatClient(server.uri(), "builtin", LIMIT)) {
      assertThatThrownBy(() -> new Scoring(QUESTIONS, KEY).run(client, progress()))
          .isInstanceOf(CannotScore.class)
          .hasMessageContaining(server.uri().toString())
          .hasMessageContaining(reason);
    }
  }

  @Test
  void aServerThatIsSilentIsWaitedForNoLongerThanTheLimit() throws Exception {
    try (var server = new ScriptedServer(_ -> ScriptedServer.SILENT);
        var client = new ChatClient(server.uri(), "builtin", Duration.ofSeconds(1))) {
      assertThatThrownBy(() -> client.ask("Which port?"))
          .isInstanceOf(CannotScore.class)
          .hasMessageContaining("did not answer /v1/chat/completions in 1 s");
    }
  }

  @Test
  void aModelThatIsNotThereIsToldInTheServersWordsBeforeAnythingIsAsked() throws Exception {
    try (var server = new ScriptedServer(RIGHT::get);
        var client = new ChatClient(server.uri(), "local", LIMIT)) {
      assertThatThrownBy(() -> new Scoring(QUESTIONS, KEY).run(client, progress()))
          .isInstanceOf(CannotScore.class)
          .hasMessageContaining("answers 404 for the model 'local': no model 'local' here");
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void aServerThatIsNotThereIsNamed() throws Exception {
    URI gone;
    try (var server = new ScriptedServer(RIGHT::get)) {
      gone = server.uri();
    }
    try (var client = new ChatClient(gone, "builtin", LIMIT)) {
      assertThatThrownBy(client::requireModel)
          .isInstanceOf(CannotScore.class)
          .hasMessageContaining(gone + " cannot be asked");
    }
  }

  @Test
  void aTopicThatTheCorpusHasNotIsToldBeforeAnythingIsAsked() {
    var unknown = new TestSet(List.of(question(Kind.IN_DOMAIN, Language.ENGLISH, "lora", "LoRA?")));

    assertThatThrownBy(() -> new Scoring(unknown, KEY))
        .isInstanceOf(CannotScore.class)
        .hasMessage("'LoRA?' expects the topic 'lora', which the corpus has not");
  }

  private static Score score(Map<String, String> answers) throws Exception {
    try (var server = new ScriptedServer(answers::get);
        var client = new ChatClient(server.uri(), "builtin", LIMIT)) {
      return new Scoring(QUESTIONS, KEY).run(client, progress());
    }
  }

  private static Progress progress() {
    return new Progress(NOWHERE, false, QUESTIONS.questions().size());
  }

  private static Question question(Kind kind, Language language, String topic, String text) {
    return new Question(kind, language, Set.of(topic), text);
  }

  private static Map<Language, String> answers(String english, String russian) {
    return Map.of(Language.ENGLISH, english, Language.RUSSIAN, russian);
  }
}
