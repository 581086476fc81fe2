package llm.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("What cannot be read of a body is refused by what its head says, on both engines")
@Timeout(30)
class RequestBodyTest {
  private static final Route ECHO =
      TestServer.work("POST", "/echo", request -> Response.json(request.body().json()));

  @ParameterizedTest
  @EnumSource
  void aCompressedBodyIsRefusedByItsHeader(HttpSettings.Engine engine) throws Exception {
    var zipped = new ByteArrayOutputStream();
    try (var out = new GZIPOutputStream(zipped)) {
      out.write("{\"prompt\":\"hi\"}".getBytes(StandardCharsets.UTF_8));
    }
    try (var server = TestServer.open(engine, ECHO)) {
      var refused = post(server, zipped.toByteArray(), "gzip");
      assertThat(refused.statusCode()).isEqualTo(415);
      assertThat(refused.body())
          .contains("unsupported_media_type", "Content-Encoding 'gzip' is not undone here");
      assertThat(refused.headers().firstValue("accept-encoding")).contains("identity");
      assertThat(post(server, zipped.toByteArray(), "identity, br").statusCode()).isEqualTo(415);
      assertThat(post(server, new byte[0], "x-gzip").statusCode()).isEqualTo(415);
      assertThat(post(server, "{}".getBytes(StandardCharsets.UTF_8), "Identity").body())
          .as("identity changes nothing")
          .isEqualTo("{}");
    }
  }

  /** No limit of the server's ends sooner than the test waits for the answer. */
  @ParameterizedTest
  @EnumSource
  void aLengthAboveTheLimitIsRefusedBeforeTheBodyComes(HttpSettings.Engine engine)
      throws Exception {
    try (var server = TestServer.open(engine, ECHO)) {
      for (String length : new String[] {"1048577", "100000005", "999999999999999"}) {
        try (var socket =
            server.raw(
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n")) {
          assertThat(TestServer.readUntil(socket.getInputStream(), "}"))
              .as(length)
              .startsWith("HTTP/1.1 413 ")
              .containsIgnoringCase("\r\nconnection: close\r\n")
              .contains("larger than the 1048576 bytes");
        }
      }
    }
  }

  private static HttpResponse<String> post(TestServer server, byte[] body, String encoding)
      throws Exception {
    return server.send(
        HttpRequest.newBuilder(server.uri("/echo"))
            .header("content-encoding", encoding)
            .POST(BodyPublishers.ofByteArray(body))
            .build());
  }
}
