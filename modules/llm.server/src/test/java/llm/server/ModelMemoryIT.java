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

/** T-6 over HTTP, in the real process; without the native library the tests skip. */
@Timeout(180)
@DisplayName("T-6: models are loaded, unloaded and told of over HTTP")
class ModelMemoryIT {
  private static final String LOAD = "/api/v1/models/load";
  private static final String UNLOAD = "/api/v1/models/unload";
  private static final String STATUS = "/api/v1/models/status";
  private static final int BUDGET_MB = 8; // one model takes 4 to 8, the large one more

  @TempDir private static Path folder;
  private static ServerProcess server; // one for all; each test begins by unloading

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @BeforeAll
  static void start() throws Exception {
    ModelFiles.requireLibrary();
    Path models = Files.createDirectory(folder.resolve("models"));
    try (var files = new ModelFiles()) {
      Files.write(models.resolve("one.gguf"), files.model(4096));
      Files.write(models.resolve("two.gguf"), files.model(4096));
      Files.write(models.resolve("large.gguf"), files.model(65_536));
    }
    Path config =
        Files.writeString(
            folder.resolve("memory.yaml"),
            """
            providers:
              local:
                models_dir: %s
                loaded_models: 4
                context_tokens: 65536
                pool_tokens: 4096
                threads: 1
                memory_budget_mb: %d
            """
                .formatted(models, BUDGET_MB));
    server = ServerProcess.serve(folder, ModelFiles.HOME, "--config", config.toString());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private HttpResponse<String> post(String path, String body) throws Exception {
    return client.send(server.post(path, body), BodyHandlers.ofString());
  }

  private String done(String path, String body) throws Exception {
    HttpResponse<String> answer = post(path, body);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return answer.body();
  }

  private String get(String path) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(server.uri(path)).build();
    return client.send(request, BodyHandlers.ofString()).body();
  }

  private String status() throws Exception {
    return get(STATUS);
  }

  private void unloadAll() throws Exception {
    done(UNLOAD, "{\"model\": \"one\"}");
    done(UNLOAD, "{\"model\": \"two\"}");
  }

  private static long number(String json, String field) {
    Matcher found = Pattern.compile("\"" + field + "\":(\\d+)").matcher(json);
    assertThat(found.find()).as(field + " in " + json).isTrue();
    return Long.parseLong(found.group(1));
  }

  @Test
  void aLoadTellsWhatItTookAndTheStatusTooUntilTheUnload() throws Exception {
    unloadAll();
    String before = status();
    assertThat(before)
        .contains("\"model\":\"one\",\"state\":\"unloaded\"")
        .contains("\"kind\":\"budget\"");

    String loaded = done(LOAD, "{\"model\": \"one\"}");

    assertThat(loaded).contains("\"state\":\"loaded\"").contains("\"device\":\"cpu\"");
    long estimated = number(loaded, "estimated_bytes");
    assertThat((double) number(loaded, "taken_bytes")).isBetween(estimated * 0.9, estimated * 1.1);
    assertThat(status()).contains("\"model\":\"one\",\"state\":\"loaded\"");
    assertThat(done(UNLOAD, "{\"model\": \"one\"}"))
        .contains("\"state\":\"unloaded\"")
        .contains("\"taken_bytes\":0");
  }

  @Test
  void theIdleOneLeavesForTheOther() throws Exception {
    unloadAll();
    done(LOAD, "{\"model\": \"one\"}");
    done(LOAD, "{\"model\": \"two\"}");

    assertThat(status())
        .contains("\"model\":\"one\",\"state\":\"unloaded\"")
        .contains("\"model\":\"two\",\"state\":\"loaded\"");
  }

  @Test
  void whatDoesNotFitIsRefusedWithTheArithmetic() throws Exception {
    unloadAll();
    HttpResponse<String> refused = post(LOAD, "{\"model\": \"large\"}");

    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body())
        .contains("\"code\":\"model_unavailable\"")
        .contains("Model large.gguf needs ")
        .contains(" at 65536 tokens + compute ")
        .contains(" are free of " + "8.00 MB (memory_budget_mb)");
    assertThat(status()).contains("\"problem\":\"Model large.gguf needs ");
    assertThat(done(LOAD, "{\"model\": \"large\", \"context_tokens\": 1024}"))
        .contains("\"context_tokens\":1024");
    done(UNLOAD, "{\"model\": \"large\"}");
  }

  @Test
  void aLoadThatNobodyWaitsForIsAccepted() throws Exception {
    unloadAll();
    HttpResponse<String> begun = post(LOAD, "{\"model\": \"one\", \"wait\": false}");

    assertThat(begun.statusCode()).isEqualTo(202);
    assertThat(done(LOAD, "{\"model\": \"one\"}")).contains("\"state\":\"loaded\"");
  }

  @Test
  void mistakesAreNamed() throws Exception {
    assertThat(post(LOAD, "{\"model\": \"none\"}").statusCode()).isEqualTo(404);
    assertThat(post(LOAD, "{\"model\": \"mock\"}").body()).contains("is not in this process");
    assertThat(post(LOAD, "{\"modle\": \"one\"}").body())
        .contains("The field 'modle' is not known here; model, context_tokens and wait are");
    assertThat(post(UNLOAD, "{\"model\": \"one\", \"context_tokens\": 5}").statusCode())
        .isEqualTo(400);
    HttpResponse<String> window = post(LOAD, "{\"model\": \"two\", \"context_tokens\": 9999999}");
    assertThat(window.statusCode()).isEqualTo(400);
    assertThat(window.body())
        .contains("context_tokens 9999999 must be 1 to 4096")
        .contains("\"path\":\"context_tokens\"");
    done(LOAD, "{\"model\": \"two\"}");
    assertThat(post(LOAD, "{\"model\": \"two\", \"context_tokens\": 77}").statusCode())
        .isEqualTo(409);
  }

  @Test
  void theFiguresAreMetricsToo() throws Exception {
    done(LOAD, "{\"model\": \"one\"}");
    String metrics = get("/metrics");

    assertThat(metrics).containsPattern("llm_local_model_memory_bytes [1-9]");
    assertThat(metrics).contains("llm_local_model_unloads_total{reason=\"asked\"}");
    assertThat(get("/health")).contains("8.00 MB (memory_budget_mb)");
  }
}
