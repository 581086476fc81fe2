package llm.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("P-9: limits, quotas and the report of the real process, kept in a journal")
@Timeout(120)
class LimitsIT {
  private static final String BOSS = "boss-0123456789abcdef0123456789abcdef";
  private static final String TRIAL = "trial-0123456789abcdef0123456789abcdef";
  private static final String CONFIG =
      """
      auth:
        keys:
          - {name: boss, key: "${BOSS_KEY}", admin: true}
          - {name: trial, key: "${TRIAL_KEY}"}
      store: {data_dir: data}
      limits:
        rules:
          day: {keys: [trial], requests_per_day: 2}
      """;
  private static final String USED =
      "\"requests\":2,\"failures\":0,\"refusals\":1,\"cache_hits\":0,\"prompt_tokens\":16,"
          + "\"completion_tokens\":4,\"cached_tokens\":0,\"cost\":0}";

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void aQuotaAndTheReportOutliveARestartAndAreTheirOwners() throws Exception {
    Path config = Files.writeString(folder.resolve("llm.yml"), CONFIG);
    Map<String, String> keys = Map.of("BOSS_KEY", BOSS, "TRIAL_KEY", TRIAL);
    String argument = "--config=" + config;
    try (var server = ServerProcess.serve(folder, keys, argument)) {
      assertThat(ask(server, TRIAL).statusCode()).isEqualTo(200);
      HttpResponse<String> second = ask(server, TRIAL);
      assertThat(second.headers().firstValue("x-ratelimit-remaining-requests")).contains("0");
      quotaIsOver(ask(server, TRIAL));
      assertThat(ask(server, BOSS).statusCode()).isEqualTo(200);

      assertThat(usage(server, TRIAL, ""))
          .contains("\"usage\":[{\"key\":\"trial\",\"model\":\"mock\"," + USED + "]")
          .contains("\"total\":{" + USED)
          .doesNotContain("boss");
      assertThat(usage(server, BOSS, "?by=key"))
          .contains("{\"key\":\"boss\",\"requests\":1,", "{\"key\":\"trial\"," + USED);
      assertThat(usage(server, BOSS, "?by=&format=csv"))
          .isEqualTo(
              """
              requests,failures,refusals,cache_hits,prompt_tokens,completion_tokens,cached_tokens,cost\r
              3,0,1,0,24,6,0,0\r
              """);
      assertThat(usage(server, TRIAL, "?by=key,model&format=csv"))
          .endsWith("\r\n\"trial\",\"mock\",2,0,1,0,16,4,0,0\r\n");
      for (String wrong :
          new String[] {
            "from=tomorrow",
            "from=%2B999999999-12-31",
            "to=-999999999-01-01",
            "by=colour",
            "format=xml",
            "from=2026-03-02&to=2026-03-01",
            "from=2020-01-01&to=2026-01-01"
          }) {
        HttpResponse<String> refused = get(server, BOSS, "/admin/usage?" + wrong);
        assertThat(refused.statusCode()).as(wrong).isEqualTo(400);
        assertThat(refused.body()).as(wrong).contains(wrong.substring(0, wrong.indexOf('=')));
      }
      HttpRequest.Builder reload = to(server, "/admin/reload").POST(BodyPublishers.noBody());
      assertThat(send(reload, TRIAL).statusCode()).isEqualTo(403);
      assertThat(send(reload, BOSS).statusCode()).isEqualTo(200);
      quotaIsOver(ask(server, TRIAL));
      server.terminate();
      assertThat(server.exitCode()).isZero();
      assertThat(server.allOutput().toString()).doesNotContain(BOSS, TRIAL);
    }
    try (var server = ServerProcess.serve(folder, keys, argument)) {
      quotaIsOver(ask(server, TRIAL));
      assertThat(usage(server, BOSS, "?by=key"))
          .contains("{\"key\":\"boss\",\"requests\":1,", "\"requests\":2,\"failures\":0,")
          .contains("\"refusals\":3,");
    }
  }

  private static void quotaIsOver(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after")).isPresent();
    assertThat(answer.body()).contains("Limit 'day' allows 2 requests", "insufficient_quota");
  }

  private String usage(ServerProcess server, String key, String query) throws Exception {
    HttpResponse<String> report = get(server, key, "/admin/usage" + query);
    assertThat(report.statusCode()).isEqualTo(200);
    return report.body();
  }

  private HttpResponse<String> ask(ServerProcess server, String key) throws Exception {
    String body = "{\"model\":\"mock\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    return send(
        to(server, "/v1/chat/completions")
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(body)),
        key);
  }

  private HttpResponse<String> get(ServerProcess server, String key, String path) throws Exception {
    return send(to(server, path), key);
  }

  private static HttpRequest.Builder to(ServerProcess server, String path) {
    return HttpRequest.newBuilder(server.uri(path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request, String key) throws Exception {
    request.setHeader("authorization", "Bearer " + key);
    return client.send(request.build(), BodyHandlers.ofString());
  }
}
