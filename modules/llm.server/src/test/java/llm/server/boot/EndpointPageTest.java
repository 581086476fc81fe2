package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What users are told about endpoints, by the page and by the server, is what it answers. */
@Timeout(60)
class EndpointPageTest {
  private static final Path PAGE = Path.of("..", "..", "docs", "api.md");
  private static final Pattern ROW = Pattern.compile("^\\| `([A-Z]+ /[^`]*)` \\|");
  private static final Pattern LISTED =
      Pattern.compile("\"method\":\"([A-Z]+)\",\"href\":\"([^\"]+)\"");

  @Test
  void thePageAndTheListNameEveryEndpointAndNoOther(@TempDir Path folder) throws Exception {
    try (var server = StartedServer.of(folder, Map.of(), "server: {port: 0}")) {
      assertThat(ofThePage())
          .as("the table at the head of docs/api.md; write a row `METHOD /path` for each endpoint")
          .isEqualTo(server.endpoints());
      assertThat(listedBy(server)).as("MonitorEndpoints.INDEX").isEqualTo(server.endpoints());
    }
  }

  private static Set<String> ofThePage() throws Exception {
    return Files.readAllLines(PAGE).stream()
        .map(ROW::matcher)
        .filter(Matcher::find)
        .map(row -> row.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> listedBy(StartedServer server) throws Exception {
    try (var client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create(server.url() + "/")).build();
      String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
      return LISTED
          .matcher(body)
          .results()
          .map(endpoint -> endpoint.group(1) + " " + endpoint.group(2))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
