package llm.providers.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import llm.core.testkit.Received;
import llm.core.testkit.Reply;
import llm.domain.call.CancelReason;
import llm.domain.chat.JsonText;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ProviderHealth;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("P-1, P-3: vectors of an upstream that speaks OpenAI's dialect")
@Timeout(60)
class EmbeddingsTest {
  private static final ModelName MODEL = new ModelName("up/m");
  private static final Reply TWO =
      Reply.ok(
          "application/json",
          "{\"object\":\"list\",\"data\":[{\"index\":0,\"embedding\":[0.6,0.8]},"
              + "{\"index\":1,\"embedding\":\"AACAPwAAAMA=\"}],\"model\":\"m\","
              + "\"usage\":{\"prompt_tokens\":4,\"total_tokens\":4}}");

  @Test
  void areRelayedAsTheUpstreamMadeThem() throws LlmException {
    try (var up = Upstreams.named("api_key: ${KEY}").answer(TWO)) {
      var request =
          new EmbeddingRequest(
              MODEL,
              EmbeddingRequest.of(MODEL, "a", "b").inputs(),
              Optional.of(2),
              Map.of("user", new JsonText("\"u-1\"")));

      EmbeddingResult made = embed(up, request);

      assertThat(made)
          .isEqualTo(
              new EmbeddingResult(
                  "up/m", List.of(Embedding.of(.6f, .8f), Embedding.of(1, -2)), Usage.of(4, 0)));
      Received posted = posted(up);
      assertThat(posted.target()).isEqualTo("/v1/embeddings");
      assertThat(posted.headers("authorization")).containsExactly("Bearer sk-test");
      assertThat(posted.header("accept")).contains("application/json");
      assertThat(posted.body())
          .isEqualTo("{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"dimensions\":2,\"user\":\"u-1\"}");
    }
  }

  @Test
  void areAskedForInBase64WhereTheServerIsKnownToTakeThat() throws LlmException {
    try (var up = Upstreams.named("server: vllm").answer(TWO)) {
      embed(up, EmbeddingRequest.of(MODEL, "a", "b"));
      assertThat(posted(up).body()).contains("\"encoding_format\":\"base64\"");
    }
  }

  @Test
  void aRefusalHasTheUpstreamsOwnWords() {
    Reply refusal =
        Reply.whole(
            400,
            "application/json",
            "{\"error\":{\"message\":\"This model makes no embeddings.\",\"code\":\"bad\"}}");
    try (var up = Upstreams.named().answer(refusal)) {
      var error = (LlmError.ProviderRefused) failure(up);
      assertThat(error.httpStatus()).isEqualTo(400);
      assertThat(error.upstreamCode()).contains("bad");
      assertThat(error.message()).contains("This model makes no embeddings.");
    }
  }

  @Test
  void anAnswerThatIsNoneOrIsCutIsAFailure() {
    Reply page = Reply.ok("text/html", "<html>hello</html>");
    Reply cut = Reply.raw("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"data\":[").fin();
    try (var up = Upstreams.named().answer(page, cut)) {
      assertThat(failure(up).message()).contains("Provider 'up' sent no JSON", "hello");
      assertThat(failure(up)).isInstanceOf(LlmError.ProviderFailed.class);
    }
  }

  @Test
  void anUpstreamThatIsGoneIsDownForChatToo() {
    try (var up = Upstreams.named()) {
      up.server.close();
      assertThat(failure(up)).isInstanceOf(LlmError.ProviderUnreachable.class);
      up.awaitHealth(ProviderHealth.Status.DOWN);
    }
  }

  @Test
  void aCancelledCallEndsTheWait() throws Exception {
    try (var up = Upstreams.named().answer(Reply.nothing());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var failed = threads.submit(() -> failure(up));
      Upstreams.await(() -> up.server.requests().stream().anyMatch(r -> r.bodyBytes() > 0));
      up.call.cancel(CancelReason.USER);
      assertThat(failed.get()).isEqualTo(new LlmError.Cancelled(CancelReason.USER));
    }
  }

  @Test
  void closingEndsThem() {
    try (var up = Upstreams.named()) {
      up.provider.close();
      assertThat(failure(up)).isEqualTo(new LlmError.Cancelled(CancelReason.SHUTDOWN));
      assertThat(up.provider.embeddings(new ModelName("elsewhere"))).isEmpty();
    }
  }

  /** What was asked of the endpoint; the upstream's health is asked for meanwhile. */
  private static Received posted(Upstreams up) {
    return up.server.requests().stream()
        .filter(request -> request.bodyBytes() > 0)
        .findFirst()
        .orElseThrow();
  }

  private static LlmError failure(Upstreams up) {
    return catchThrowableOfType(
            LlmException.class, () -> embed(up, EmbeddingRequest.of(MODEL, "a", "b")))
        .error();
  }

  private static EmbeddingResult embed(Upstreams up, EmbeddingRequest request) throws LlmException {
    return up.provider.embeddings(MODEL).orElseThrow().embed(request, up.call);
  }
}
