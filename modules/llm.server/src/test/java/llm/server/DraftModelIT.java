package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Drafts over HTTP, in the real process; without the native library the tests skip. */
@Timeout(180)
@DisplayName("P-1: a draft model beside a model, and predicted text, over HTTP")
class DraftModelIT {
  private static final String CHAT = "/v1/chat/completions";
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern PREDICTED =
      Pattern.compile(
          "\"completion_tokens_details\":\\{\"accepted_prediction_tokens\":(\\d+),"
              + "\"rejected_prediction_tokens\":(\\d+)}");

  @TempDir private static Path folder;
  private static ServerProcess server; // one for all; each request stands alone

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() throws Exception {
    ModelFiles.requireLibrary();
    Path models = Files.createDirectory(folder.resolve("models"));
    Path draft = folder.resolve("draft.gguf");
    try (var files = new ModelFiles()) {
      Files.write(models.resolve("main.gguf"), files.model(512));
      Files.write(draft, files.model(512));
      byte[] other = files.model(512);
      String text = new String(other, java.nio.charset.StandardCharsets.ISO_8859_1);
      other[text.indexOf("\u0001\0\0\0\0\0\0\0q") + 8] = 'Q'; // a token
      Files.write(models.resolve("other.gguf"), other);
    }
    Path config =
        Files.writeString(
            folder.resolve("draft.yaml"),
            """
            providers:
              local:
                models_dir: %s
                loaded_models: 2
                threads: 1
                speculation: always
                draft_tokens: 6
                draft_model: %s
            """
                .formatted(models, draft));
    server = ServerProcess.serve(folder, ModelFiles.HOME, "--config", config.toString());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private String get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(server.uri(path)).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  private String chat(String model, String more) throws Exception {
    String body =
        """
        {"model":"%s",%s"messages":[{"role":"user","content":"say"}],"max_tokens":40,"seed":5,\
        "temperature":0.7,"logit_bias":%s}\
        """
            .formatted(model, more, letters());
    HttpResponse<String> answer = client.send(server.post(CHAT, body), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  /** Has answers be of letters, which are easily compared. */
  private static String letters() {
    var biases = new StringBuilder("{");
    for (int letter = 0; letter < 26; letter++) {
      biases.append(letter == 0 ? "" : ",").append('"').append(260 + letter).append("\":100");
    }
    return biases.append('}').toString();
  }

  private static String text(String answer) {
    Matcher found = CONTENT.matcher(answer);
    assertThat(found.find()).as(answer).isTrue();
    return found.group(1);
  }

  private static int[] predicted(String answer) {
    Matcher found = PREDICTED.matcher(answer);
    assertThat(found.find()).as(answer).isTrue();
    return new int[] {Integer.parseInt(found.group(1)), Integer.parseInt(found.group(2))};
  }

  private double drafted(String outcome) throws Exception {
    String name = "llm_local_draft_model_tokens_total{outcome=\"" + outcome + "\"} ";
    return get("/metrics")
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
        .sum();
  }

  @Test
  void itGuessesForTheModelWhoseVocabularyItHasAndTheStatusTells() throws Exception {
    chat("main", "");
    assertThat(drafted("accepted") + drafted("rejected")).isPositive();

    assertThat(get("/api/v1/models/status"))
        .containsPattern("\"model\":\"main\",\"state\":\"loaded\"[^}]*the draft model");
  }

  @Test
  void aModelOfAnotherVocabularyServesWithoutIt() throws Exception {
    assertThat(text(chat("other", ""))).hasSize(40);

    assertThat(get("/health"))
        .contains(
            "other.gguf without a draft model (The draft model draft.gguf has another vocabulary"
                + " than other.gguf: token 276 is 'q', not 'Q'.)");
  }

  @Test
  void usageTellsWhatBecameOfAPrediction() throws Exception {
    String plain = chat("main", "");
    String right = chat("main", prediction(text(plain)));
    String wrong = chat("main", prediction("0123456789"));
    String streamed =
        chat(
            "main",
            "\"stream\":true,\"stream_options\":{\"include_usage\":true},"
                + prediction(text(plain)));

    assertThat(plain).doesNotContain("prediction_tokens");
    assertThat(text(right)).isEqualTo(text(plain));
    assertThat(predicted(right)[0]).isGreaterThan(20);
    assertThat(predicted(streamed)).isEqualTo(predicted(right));
    assertThat(predicted(wrong)[0]).isZero();
  }

  private static String prediction(String text) {
    return "\"prediction\":{\"type\":\"content\",\"content\":\"" + text + "\"},";
  }
}
