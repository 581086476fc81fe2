package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What would end the process if it reached llama.cpp, asked for over HTTP: each is answered with an
 * error in the caller's dialect, and the same process answers the next request. Without the native
 * library the tests skip.
 */
@Timeout(180)
@DisplayName("P-1: no request and no file ends the process")
class ProcessKillersIT {
  private static final int WINDOW = 512;
  private static final long SEED = 20_261_122;
  private static final int DAMAGED = 24;
  private static final int FIRST_KEY_AT = 24; // behind magic, version and two counts

  @TempDir private static Path folder;
  private static Path models;
  private static ModelFiles files;
  private static ServerProcess server;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() throws Exception {
    ModelFiles.requireLibrary();
    files = new ModelFiles();
    models = Files.createDirectory(folder.resolve("models"));
    Files.write(models.resolve("good.gguf"), files.model(WINDOW, 1));
    Files.write(models.resolve("second.gguf"), files.model(WINDOW, 2));
    Path adapters = Files.createDirectory(folder.resolve("adapters"));
    byte[] adapter = files.adapter(5);
    Files.write(adapters.resolve("poet.gguf"), adapter);
    Files.write(adapters.resolve("cut.gguf"), Arrays.copyOf(adapter, adapter.length / 2));
    Files.write(adapters.resolve("whole.gguf"), files.model(WINDOW, 3));
    var lora = new StringBuilder();
    for (String name : List.of("poet", "cut", "whole", "absent")) {
      lora.append("%s: {file: %s/%s.gguf, model: good}, ".formatted(name, adapters, name));
    }
    for (int i = 0; i < DAMAGED; i++) {
      Files.write(adapters.resolve("hurt" + i + ".gguf"), files.damaged(adapter, SEED + i));
      lora.append("hurt%d: {file: %s/hurt%d.gguf, model: good}, ".formatted(i, adapters, i));
    }
    Files.createDirectory(folder.resolve("configs"));
    Files.writeString(
        folder.resolve("configs/config.yml"),
        """
        providers:
          local: {models_dir: %s, batch_tokens: 16, slots: 4, threads: 1, pool_tokens: 1500,
            lora: {%s}}
        """
            .formatted(models, lora));
    server = ServerProcess.serve(folder, ModelFiles.HOME);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
      files.close();
    }
  }

  @AfterEach
  void theProcessServes() throws Exception {
    if (server != null) {
      requireServing("good");
    }
  }

  private void requireServing(String model) throws Exception {
    var health = HttpRequest.newBuilder(server.uri("/health")).build();
    assertThat(client.send(health, BodyHandlers.ofString()).body()).contains("\"local\"");
    var answer = chat(body(model, "hello", "\"max_tokens\":3"));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("\"completion_tokens\":3");
  }

  private HttpResponse<String> chat(String body) throws Exception {
    return send("/v1/chat/completions", body);
  }

  private HttpResponse<String> send(String path, String body) throws Exception {
    return client.send(server.post(path, body), BodyHandlers.ofString());
  }

  private static String body(String model, String content, String more) {
    return "{\"model\":\"%s\",\"temperature\":0,%s%s\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}]}"
        .formatted(model, more, more.isEmpty() ? "" : ",", content);
  }

  @Test
  void promptsLargerThanAStepManyAtOnce() throws Exception {
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      String letters = String.valueOf((char) ('a' + i)).repeat(480 - i);
      String request = body("good", letters, "\"max_tokens\":8,\"stream\":" + (i % 2 == 0));
      answers.add(
          client.sendAsync(server.post("/v1/chat/completions", request), BodyHandlers.ofString()));
    }
    for (var answer : answers) {
      var done = answer.get(120, TimeUnit.SECONDS);
      assertThat(done.statusCode()).as(done.body()).isEqualTo(200);
      assertThat(done.body()).contains("\"finish_reason\":\"length\"");
    }
  }

  /** A letter is a token, and one more begins the prompt. */
  @ParameterizedTest
  @CsvSource({"509, 200, 2", "510, 200, 1", "511, 400, 0", "512, 400, 0", "100000, 400, 0"})
  void aPromptAtTheEndOfTheWindow(int letters, int status, int answered) throws Exception {
    var answer = chat(body("good", "a".repeat(letters), ""));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body())
        .contains(
            status == 200
                ? "\"completion_tokens\":" + answered
                : "\"code\":\"context_length_exceeded\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"max_tokens\":0 | max_tokens",
        "\"max_tokens\":-1 | max_tokens",
        "\"n\":0 | n",
        "\"logit_bias\":{\"999999\":1} | logit_bias",
        "\"logit_bias\":{\"-1\":1} | logit_bias.-1",
        "\"logit_bias\":{\"2147483648\":1} | logit_bias.2147483648",
        "\"lora\":[{\"name\":\"nobody\"}] | lora[0].name",
        "\"lora\":[{\"id\":2147483647}] | lora[0].id",
        "\"lora\":[{\"name\":\"poet\",\"scale\":1e30}] | lora[0].scale",
      })
  void valuesOutOfRangeAreRefusedAtTheirPlace(String field, String path) throws Exception {
    var answer = chat(body("good", "hello", field));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("\"param\":\"" + path + "\"");
  }

  @Test
  void anEmptyPromptAndASingleTokenAreAnswered() throws Exception {
    for (String content : List.of("", " ", "\\n", "a")) {
      var answer = chat(body("good", content, "\"max_tokens\":1,\"logprobs\":true"));
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.body()).contains("\"completion_tokens\":1");
    }
    var extremes =
        "\"max_tokens\":4,\"logit_bias\":{\"5\":100,\"6\":-100},\"repeat_penalty\":10,"
            + "\"frequency_penalty\":2,\"top_p\":1e-300,\"top_k\":2147483647,\"min_p\":1,"
            + "\"seed\":-9223372036854775808";
    assertThat(chat(body("good", "hello", extremes)).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[999999]", "[-1]", "[[1,2],[2147483647]]", "[[]]", "[]"})
  void textsOfTokensThatAreNoneAreRefused(String input) throws Exception {
    var answer = send("/v1/embeddings", "{\"model\":\"good\",\"input\":" + input + "}");

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("\"param\":\"input");
  }

  private static Map<String, byte[]> brokenModels() throws Exception {
    byte[] sound = files.model(WINDOW, 1);
    Map<String, byte[]> broken = new LinkedHashMap<>();
    broken.put("empty", new byte[0]);
    broken.put("cut", Arrays.copyOf(sound, sound.length / 2));
    broken.put("head", Arrays.copyOf(sound, FIRST_KEY_AT));
    broken.put("tensors", with(sound, 8, Long.MAX_VALUE));
    broken.put("fewer-than-none", with(sound, 8, -1));
    broken.put("keys", with(sound, 16, 1L << 62));
    broken.put("long-key", with(sound, FIRST_KEY_AT, Long.MAX_VALUE));
    broken.put("negative-key", with(sound, FIRST_KEY_AT, -8));
    int type = FIRST_KEY_AT + 8 + "general.architecture".length();
    broken.put("type", with(sound, type, 99));
    for (String damage :
        List.of(
            "NO_LAYERS",
            "DUPLICATE_TOKEN",
            "MISSING_BYTE_TOKEN",
            "NEGATIVE_EPSILON",
            "NO_TOKENIZER")) {
      broken.put(damage, files.model(damage));
    }
    broken.put("adapter", files.adapter(1));
    return broken;
  }

  private static byte[] with(byte[] sound, int at, long value) {
    byte[] bytes = sound.clone();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return bytes;
  }

  @Test
  void brokenFilesOfModelsSayWhatIsWrongInTheCallersDialect() throws Exception {
    Map<String, byte[]> broken = brokenModels();
    for (var file : broken.entrySet()) {
      Files.write(models.resolve(file.getKey() + ".gguf"), file.getValue());
    }
    for (String name : broken.keySet()) {
      var answer = chat(body(name, "hello", ""));
      assertThat(answer.statusCode()).as(name + answer.body()).isEqualTo(503);
      assertThat(answer.body()).contains("\"code\":\"model_unavailable\"", name + ".gguf");
    }
    String cut = "\"model\":\"cut\",\"max_tokens\":5,";
    var messages =
        send("/v1/messages", "{" + cut + "\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    assertThat(messages.body()).contains("\"type\":\"error\"", "cut.gguf is truncated");
    var own = send("/llm/chat", "{" + cut + "\"prompt\":\"a\"}");
    assertThat(own.statusCode()).as(own.body()).isEqualTo(503);
    assertThat(own.body()).contains("cut.gguf is truncated");
  }

  @Test
  void filesDamagedAtRandomAreAnsweredOrRefused() throws Exception {
    byte[] sound = files.model(WINDOW, 1);
    for (int i = 0; i < DAMAGED; i++) {
      Files.write(models.resolve("hurt-model-" + i + ".gguf"), files.damaged(sound, SEED + i));
    }
    for (int i = 0; i < DAMAGED; i++) {
      String more = "\"max_tokens\":2";
      assertThat(chat(body("hurt-model-" + i, "hello", more)).statusCode())
          .as("model %d, seed %d", i, SEED)
          .isIn(200, 404, 502, 503);
      assertThat(chat(body("hurt" + i, "hello", more)).statusCode())
          .as("adapter %d, seed %d", i, SEED)
          .isIn(200, 502, 503);
    }
  }

  @Test
  void weightsThatAreNoNumbersFailTheirRequestsOnly() throws Exception {
    for (String damage : List.of("NAN_WEIGHTS", "NAN_EMBEDDING")) {
      Files.write(models.resolve(damage + ".gguf"), files.model(damage));
      var answer = chat(body(damage, "hello", "\"max_tokens\":2"));
      assertThat(answer.statusCode()).as(damage + answer.body()).isIn(200, 502);
    }
  }

  @Test
  void badAdaptersAreRefusedAndTheirModelServes() throws Exception {
    String poet = chat(body("good", "hello", "\"max_tokens\":12,\"lora\":[{\"id\":0}]")).body();
    assertThat(poet).contains("\"completion_tokens\":12");
    for (String name : List.of("cut", "whole", "absent")) {
      var asModel = chat(body(name, "hello", ""));
      assertThat(asModel.statusCode()).as(name + asModel.body()).isEqualTo(503);
      var listed = chat(body("good", "hello", "\"lora\":[{\"name\":\"" + name + "\"}]"));
      assertThat(listed.statusCode()).as(name + listed.body()).isEqualTo(503);
      assertThat(listed.body()).contains(name + ".gguf");
    }
    var listing = HttpRequest.newBuilder(server.uri("/v1/models")).build();
    assertThat(client.send(listing, BodyHandlers.ofString()).body())
        .contains("\"id\":\"poet\"", "\"parent\":\"good\"")
        .doesNotContain("\"id\":\"cut\"");
  }

  @Test
  void clientsThatLeaveAndModelsThatChangeInMidDecode() throws Exception {
    Path second = models.resolve("second.gguf");
    List<CompletableFuture<HttpResponse<InputStream>>> answers = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String model = List.of("good", "second", "poet").get(i % 3);
      String request = body(model, "a".repeat(300 + i), "\"stream\":true");
      answers.add(
          client.sendAsync(
              server.post("/v1/chat/completions", request), BodyHandlers.ofInputStream()));
    }
    Path other = Files.write(folder.resolve("second.new"), files.model(WINDOW, 9));
    Files.move(other, second, StandardCopyOption.ATOMIC_MOVE); // it is loaded anew
    for (int i = 0; i < answers.size(); i++) {
      try (InputStream stream = answers.get(i).get(120, TimeUnit.SECONDS).body()) {
        assertThat(stream.read()).as("answer %d", i).isEqualTo('d');
        if (i % 2 == 0) {
          assertThat(new String(stream.readAllBytes())).endsWith("data: [DONE]\n\n");
        } // else it leaves
      }
    }
    requireServing("second");
  }

  @Test
  void aLibraryWithoutBackendsIsNamed() throws Exception {
    Path library = Files.createDirectory(folder.resolve("library"));
    try (var all = Files.walk(ModelFiles.ROOT.resolve("native/node_modules/@node-llama-cpp"))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("lib") && !name.startsWith("libggml-cpu")) {
          Files.copy(file, library.resolve(name));
        }
      }
    }
    Map<String, String> environment =
        Map.of(
            "JDK_JAVA_OPTIONS",
            "-Dllm.home=" + ModelFiles.ROOT,
            "LLAMA_LIB_DIR",
            library.toString());
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    Path model = models.resolve("good.gguf");
    try (var bare = ServerProcess.serve(elsewhere, environment, "--model", model.toString())) {
      String request = body("local", "hello", "");
      var answer = client.send(bare.post("/v1/chat/completions", request), BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
      assertThat(answer.body()).contains("No backend of llama.cpp", "tools/native");
      request = body("mock", "hello", "");
      answer = client.send(bare.post("/v1/chat/completions", request), BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aServerThatIsToldToStopInMidDecodeEndsProperly() throws Exception {
    Path elsewhere = Files.createDirectory(folder.resolve("stopped"));
    Files.createDirectory(elsewhere.resolve("configs"));
    Files.writeString(elsewhere.resolve("configs/config.yml"), "server: {drain_seconds: 1}\n");
    Map<String, String> environment = ModelFiles.HOME;
    Path model = models.resolve("good.gguf");
    try (var stopped = ServerProcess.serve(elsewhere, environment, "--model", model.toString())) {
      List<CompletableFuture<HttpResponse<InputStream>>> answers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        String request = body("local", "a".repeat(100 + i), "\"stream\":true");
        answers.add(
            client.sendAsync(
                stopped.post("/v1/chat/completions", request), BodyHandlers.ofInputStream()));
      }
      for (var answer : answers) {
        assertThat(answer.get(120, TimeUnit.SECONDS).body().read()).isEqualTo('d');
      }
      stopped.terminate();
      assertThat(stopped.exitCode()).isZero();
    }
  }
}
