package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real process in an installation of its own, with a generated model in the place of ours. */
@Timeout(180)
@DisplayName("The model that comes with the program, over HTTP")
class BuiltinIT {
  private static final String DEMO = "llm.gpu.testmodel.DemoModel";
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern TOKENS = Pattern.compile("\"completion_tokens\":(\\d+)");

  @TempDir private Path folder;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private Path home;
  private Path file;
  private String library = ""; // its folder

  @BeforeEach
  void install() throws Exception {
    home = Files.createDirectory(folder.resolve("home"));
    file = Files.createDirectory(home.resolve("models")).resolve("builtin.gguf");
  }

  private void bringLibrary() throws Exception {
    ModelFiles.requireLibrary();
    library = ModelFiles.library().toString();
  }

  /** Has the test tree of llm.gpu write it; no module of the product holds that code. */
  private void bringModel() throws Exception {
    URL classes = ModelFiles.ROOT.resolve("modules/llm.gpu/target/test-classes/").toUri().toURL();
    try (var loader = new URLClassLoader(new URL[] {classes})) {
      loader.loadClass(DEMO).getMethod("write", Path.class).invoke(null, file);
    }
  }

  private static String said(String name) throws Exception {
    URL classes = ModelFiles.ROOT.resolve("modules/llm.gpu/target/test-classes/").toUri().toURL();
    try (var loader = new URLClassLoader(new URL[] {classes})) {
      return (String) loader.loadClass(DEMO).getField(name).get(null);
    }
  }

  private ServerProcess serve(Map<String, String> environment, String... arguments)
      throws Exception {
    var all = new HashMap<>(environment);
    all.put("JDK_JAVA_OPTIONS", "-Dllm.home=" + home);
    all.putIfAbsent("LLAMA_LIB_DIR", library);
    for (String key : List.of("OPENAI_API_KEY", "ANTHROPIC_API_KEY")) {
      all.putIfAbsent(key, ""); // whatever this machine has
    }
    return ServerProcess.serve(folder, all, arguments);
  }

  private static String body(String more, String text) {
    return "{" + more + "\"messages\":[{\"role\":\"user\",\"content\":\"" + text + "\"}]}";
  }

  private HttpResponse<String> post(ServerProcess server, String path, String body)
      throws Exception {
    return client.send(server.post(path, body), BodyHandlers.ofString());
  }

  private String chat(ServerProcess server, String more, String text) throws Exception {
    var answer = post(server, "/v1/chat/completions", body(more, text));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private String get(ServerProcess server, String path) throws Exception {
    var request = HttpRequest.newBuilder(server.uri(path)).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  private static String text(String answer) {
    var text = new StringBuilder();
    for (Matcher found = CONTENT.matcher(answer); found.find(); ) {
      text.append(found.group(1));
    }
    return text.toString();
  }

  private static int tokens(String answer) {
    Matcher found = TOKENS.matcher(answer);
    assertThat(found.find()).as(answer).isTrue();
    return Integer.parseInt(found.group(1));
  }

  private static final String STREAM =
      "\"stream\":true,\"stream_options\":{\"include_usage\":true},";

  @Test
  void aRequestWithoutAModelStreamsItsAnswerWhereNothingIsConfigured() throws Exception {
    bringLibrary();
    bringModel();
    try (var server = serve(Map.of())) {
      assertThat(server.awaitLine("\"server_started\""))
          .contains("\"default_model\":\"builtin\"", "A tiny demonstration model");
      server.awaitLine("\"model_load_finish\""); // although nobody has asked yet
      String streamed = chat(server, STREAM, "which port?");
      assertThat(text(streamed)).isEqualTo(said("ANSWER"));
      assertThat(streamed)
          .contains("\"model\":\"builtin\"", "\"finish_reason\":\"stop\"")
          .endsWith("data: [DONE]\n\n");
      assertThat(streamed.split("\"delta\":\\{\"content\"")).hasSizeGreaterThan(5);
      String whole = chat(server, "\"model\":\"builtin\",", "which port?");
      assertThat(text(whole)).isEqualTo(said("ANSWER"));
      assertThat(tokens(whole)).isEqualTo(tokens(streamed)).isPositive();
      assertThat(get(server, "/v1/models"))
          .contains("\"id\":\"builtin\"", "knows a few answers about this server")
          .doesNotContain("\"id\":\"local\"");
      assertThat(get(server, "/llm/models"))
          .contains("\"default_model\":\"builtin\"", "knows a few answers about this server");
      assertThat(get(server, "/health")).contains("\"status\":\"ok\"");
    }
  }

  @Test
  void whatItIsNotSureOfIsToldInTheCallersLanguage() throws Exception {
    bringLibrary();
    bringModel();
    try (var server = serve(Map.of())) {
      for (String how : List.of("", STREAM)) {
        String english = chat(server, how, "who was Napoleon?");
        assertThat(text(english)).isEqualTo(said("ENGLISH"));
        assertThat(english).contains("\"finish_reason\":\"stop\"");
        assertThat(tokens(english)).isGreaterThan(5);
        assertThat(text(chat(server, how, "кто такой Наполеон?"))).isEqualTo(said("RUSSIAN"));
        String cut = chat(server, how + "\"max_tokens\":4,", "who?");
        assertThat(cut).contains("\"finish_reason\":\"length\"");
        assertThat(tokens(cut)).isEqualTo(4);
      }
      assertThat(get(server, "/metrics")).contains("llm_local_fallbacks_total 6");
      String held = chat(server, "\"grammar\":\"root ::= \\\"yes\\\"\",", "who was Napoleon?");
      assertThat(text(held)).isEqualTo("yes");
      var anthropic =
          post(server, "/v1/messages", body("\"max_tokens\":100,", "who was Napoleon?"));
      assertThat(anthropic.body()).contains(said("ENGLISH"), "\"stop_reason\":\"end_turn\"");
    }
  }

  @Test
  void itGoesAndComesBackAndARequestMeanwhileWaits() throws Exception {
    bringLibrary();
    bringModel();
    try (var server = serve(Map.of())) {
      assertThat(post(server, "/api/v1/models/unload", "{\"model\":\"builtin\"}").statusCode())
          .isBetween(200, 202);
      assertThat(text(chat(server, "", "which port?"))).isEqualTo(said("ANSWER"));
      assertThat(get(server, "/api/v1/models/status")).contains("\"builtin\"", "\"loaded\"");
    }
  }

  @Test
  void withoutTheLibraryTheReasonIsSaidAndTheMockAnswers() throws Exception {
    bringModel();
    try (var server = serve(Map.of())) {
      server.awaitLine("The llama.cpp library is not there; run tools/native");
      assertMockAnswers(server, "tools/native");
    }
  }

  @Test
  void soItIsWithALibraryThatIsNone() throws Exception {
    bringModel();
    Path wrong = Files.createDirectory(folder.resolve("lib"));
    Files.writeString(wrong.resolve("libllama.so"), "not a library");
    try (var server = serve(Map.of("LLAMA_LIB_DIR", wrong.toString()))) {
      server.awaitLine("\"model_load_failed\"");
      assertMockAnswers(server, "libllama.so");
    }
  }

  @Test
  void soItIsWithoutTheFile() throws Exception {
    bringLibrary();
    try (var server = serve(Map.of())) {
      server.awaitLine("models/builtin.gguf");
      assertMockAnswers(server, "models/builtin.gguf");
    }
  }

  @Test
  void soItIsWithADamagedFile() throws Exception {
    bringLibrary();
    bringModel();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, java.util.Arrays.copyOf(whole, whole.length / 2));
    try (var server = serve(Map.of())) {
      server.awaitLine("\"model_file_problem\"");
      assertMockAnswers(server, "is truncated");
    }
  }

  private void assertMockAnswers(ServerProcess server, String reason) throws Exception {
    assertThat(text(chat(server, "", "hello"))).isEqualTo("Echo: hello");
    var asked = post(server, "/v1/chat/completions", body("\"model\":\"builtin\",", "hello"));
    assertThat(asked.statusCode()).isEqualTo(503);
    assertThat(asked.body()).contains("model_unavailable", reason);
    assertThat(get(server, "/health")).contains(reason, "\"default_model\":\"mock\"");
  }

  @Test
  void whoHasAKeyOrAModelOfTheirOwnIsNotAnsweredByIt() throws Exception {
    bringLibrary();
    bringModel();
    Path own = folder.resolve("own.gguf");
    Files.copy(file, own);
    try (var server = serve(Map.of(), "--model", own.toString())) {
      assertThat(chat(server, "", "which port?")).contains("\"model\":\"local\"");
      assertThat(chat(server, "\"model\":\"builtin\",", "which port?"))
          .contains("\"model\":\"builtin\"");
    }
    try (var server = serve(Map.of("OPENAI_API_KEY", "sk-none"))) {
      assertThat(chat(server, "", "hello")).contains("\"model\":\"mock\"");
    }
    Files.createDirectory(folder.resolve("configs"));
    Files.writeString(
        folder.resolve("configs/config.yml"), "providers: {local: {builtin: false}}\n");
    try (var server = serve(Map.of())) {
      assertThat(chat(server, "", "hello")).contains("\"model\":\"mock\"");
      assertThat(get(server, "/v1/models")).doesNotContain("builtin");
    }
  }
}
