package llm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llm.core.testkit.FaultUpstream;
import llm.core.testkit.Reply;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
@DisplayName("P-7: a model in this process goes on with an answer that an upstream broke off")
class LocalFailoverIT {
  private static final Path STORIES =
      ModelFiles.ROOT.resolve("../shared/models/stories260K-f32.gguf").normalize();
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>\n{% endfor %}"
          + "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}";

  @TempDir private Path folder;

  @Test
  void goesOnExactlyFromTheTextThatWasSaid() throws Exception {
    ModelFiles.requireLibrary();
    assumeTrue(Files.exists(STORIES), "the stories model is not beside the repository");
    Files.writeString(folder.resolve("chat.jinja"), TEMPLATE);
    try (var cloud = FaultUpstream.open();
        HttpClient client = HttpClient.newHttpClient()) {
      Files.writeString(folder.resolve("config.yml"), config(cloud));
      try (var server = ServerProcess.serve(folder, ModelFiles.HOME, "--config", "config.yml")) {
        String whole = ask(client, server, "local");
        String given = whole.substring(0, whole.indexOf(' ', whole.length() / 3));
        cloud.otherwise(_ ->
            Reply.chunkedHead("text/event-stream")
                .chunk(
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
                        + given
                        + "\"}}]}\n\n")
                .reset());

        assertThat(ask(client, server, "chain")).isEqualTo(whole);
        assertThat(server.output())
            .anyMatch(
                line -> line.contains("\"event\":\"llm_failover\"") && line.contains("prefill"));
      }
    }
  }

  private static String config(FaultUpstream cloud) {
    return """
    providers:
      openai_compatible: {upstreams: {cloud: {base_url: "%s/v1", models: [m]}}}
      local: {model: "%s", chat_template_file: chat.jinja, threads: 1}
    resilience: {attempts: 1}
    routes:
      chain: {targets: [{provider: cloud, model: m}, {provider: local, model: local}]}
    """
        .formatted(cloud.uri(), STORIES);
  }

  private static String ask(HttpClient client, ServerProcess server, String model)
      throws Exception {
    String body =
        "{\"model\":\"%s\",\"stream\":true,\"temperature\":0,%s}"
            .formatted(model, "\"messages\":[{\"role\":\"user\",\"content\":\"Tell\"}]");
    String answer =
        client.send(server.post("/v1/chat/completions", body), BodyHandlers.ofString()).body();
    assertThat(answer).endsWith("data: [DONE]\n\n");
    var text = new StringBuilder();
    for (Matcher found = CONTENT.matcher(answer); found.find(); ) {
      text.append(found.group(1));
    }
    return text.toString();
  }
}
