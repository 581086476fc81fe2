package llm.server.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import llm.core.catalogue.Catalogue;
import llm.core.concurrent.TimerThread;
import llm.core.gateway.Gateway;
import llm.core.gateway.GatewaySettings;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.IdSource;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import llm.server.http.Admission;
import llm.server.http.Route;
import llm.server.http.TestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@DisplayName("P-3: POST /v1/embeddings over real sockets")
@Timeout(60)
class EmbeddingsEndpointTest {
  private static final String PATH = "/v1/embeddings";
  private static final long MEMORY = 64 * 1024; // of 2,048 numbers

  private final TimerThread timer = new TimerThread(_ -> {});
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final Admission admission = new Admission(8);
  private Gateway gateway;
  private TestServer server;

  /** One model, {@code vec}, that chats with nobody. */
  private record VectorProvider(EmbeddingProvider maker) implements ChatProvider {
    @Override
    public String id() {
      return "vec";
    }

    @Override
    public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
      throw new LlmException(new LlmError.Unsupported("model", "It makes embeddings only."));
    }

    @Override
    public Optional<EmbeddingProvider> embeddings(ModelName model) {
      return Optional.of(maker);
    }

    @Override
    public List<ModelInfo> models() {
      return List.of(new ModelInfo("vec", "vec", Instant.EPOCH, Optional.empty(), "For tests."));
    }

    @Override
    public ProviderHealth health() {
      return new ProviderHealth(ProviderHealth.Status.UP, "Fine.");
    }

    @Override
    public void close() {
      // nothing is held
    }
  }

  private void serve(Optional<String> defaultModel, EmbeddingProvider maker) throws Exception {
    var defaults = GatewaySettings.DEFAULTS;
    gateway =
        Gateway.of(
            new GatewaySettings(
                defaults.defaultModel(),
                defaultModel,
                defaults.firstTokenTimeout(),
                defaults.idleTimeout(),
                defaults.warmPrefixes(),
                MEMORY),
            List.of(new ProviderSetup.Ready(new VectorProvider(maker))),
            Catalogue.EMPTY,
            telemetry,
            timer,
            IdSource.RANDOM,
            _ -> {});
    List<Route> routes =
        new ArrayList<>(new OpenAiEndpoints(gateway, timer.time(), IdSource.RANDOM).routes());
    server = TestServer.open(admission, new ErrorDialects(), routes);
  }

  @AfterEach
  void closeAll() {
    server.close();
    gateway.close();
    timer.close();
  }

  @Test
  void answersAsOpenAiDoes() throws Exception {
    serve(Optional.empty(), EmbeddingsEndpointTest::lengths);
    var floats = post("{\"model\":\"vec\",\"input\":[\"abc\",\"de\"]}");
    assertThat(floats.statusCode()).isEqualTo(200);
    assertThat(floats.body())
        .isEqualTo(
            "{\"object\":\"list\",\"data\":["
                + "{\"object\":\"embedding\",\"index\":0,\"embedding\":[3.0,0.5]},"
                + "{\"object\":\"embedding\",\"index\":1,\"embedding\":[2.0,0.5]}],"
                + "\"model\":\"vec\",\"usage\":{\"prompt_tokens\":7,\"total_tokens\":7}}");
    var base64 =
        post("{\"model\":\"vec\",\"input\":[[1,2,3]],\"encoding_format\":\"base64\"}").body();
    assertThat(base64).contains("\"embedding\":\"" + Embedding.of(3, .5f).base64() + "\"");
    assertThat(telemetry.events("llm_request")).hasSize(2);
  }

  @Test
  void aMissingModelIsTheConfiguredOneOrSaysWhatToSet() throws Exception {
    serve(Optional.of("vec"), EmbeddingsEndpointTest::lengths);
    assertThat(post("{\"input\":\"abc\"}").body()).contains("\"model\":\"vec\"");
    server.close();
    gateway.close();
    serve(Optional.empty(), EmbeddingsEndpointTest::lengths);
    var refused = post("{\"input\":\"abc\"}");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body())
        .contains("\"param\":\"model\"", "set gateway.default_embedding_model");
  }

  @Test
  void refusalsNameTheirPlace() throws Exception {
    serve(
        Optional.empty(),
        (_, _) -> {
          throw new LlmException(new LlmError.InputTooLong("vec", 1, 600, 512));
        });
    var empty = post("{\"model\":\"vec\",\"input\":[\"a\",\"\"]}");
    assertThat(empty.statusCode()).isEqualTo(400);
    assertThat(empty.body()).contains("\"param\":\"input[1]\"", "must not be empty");
    var tooLong = post("{\"model\":\"vec\",\"input\":[\"a\",\"b\"]}");
    assertThat(tooLong.statusCode()).isEqualTo(400);
    assertThat(tooLong.body())
        .contains(
            "\"param\":\"input[1]\"", "600 tokens", "512", "\"code\":\"context_length_exceeded\"");
    assertThat(post("{\"model\":\"nobody\",\"input\":\"a\"}").statusCode()).isEqualTo(404);
    var chat =
        server.send(
            "POST",
            "/v1/chat/completions",
            "{\"model\":\"vec\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
    assertThat(chat.statusCode()).isEqualTo(400);
    assertThat(chat.body()).contains("It makes embeddings only.", "\"param\":\"model\"");
    assertThat(server.send("GET", PATH, "").statusCode()).isEqualTo(405);
  }

  @Test
  void theMemoryOfAllRequestsIsBoundedAndComesBack() throws Exception {
    var begun = new CompletableFuture<Void>();
    var goOn = new CompletableFuture<Void>();
    serve(
        Optional.empty(),
        (request, call) -> {
          if (request.inputs().size() == 3) {
            begun.complete(null);
            goOn.join();
          }
          return lengths(request, call);
        });
    String three = "{\"model\":\"vec\",\"input\":[\"a\",\"b\",\"c\"]}";
    var first = CompletableFuture.supplyAsync(() -> postUnchecked(three));
    begun.get(10, TimeUnit.SECONDS); // how long its vectors are is not known: it has all of it
    assertThat(taken()).isEqualTo(MEMORY);

    var full = post("{\"model\":\"vec\",\"input\":\"abc\"}");
    assertThat(full.statusCode()).isEqualTo(503);
    assertThat(full.headers().firstValue("retry-after")).contains("1");
    assertThat(full.body())
        .contains(
            "\"type\":\"server_error\"", "\"code\":\"overloaded\"", "gateway.embedding_bytes");

    goOn.complete(null);
    assertThat(first.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    awaitNothingTaken();
    assertThat(post("{\"model\":\"vec\",\"input\":\"abc\"}").statusCode()).isEqualTo(200);
    var never = post("{\"model\":\"vec\",\"input\":\"abc\",\"dimensions\":2049}");
    assertThat(never.statusCode()).isEqualTo(400);
    assertThat(never.body()).contains("\"param\":\"input\"", "65568 bytes", "65536");
    awaitNothingTaken();
  }

  @Test
  void aShutdownCancelsThem() throws Exception {
    var begun = new CompletableFuture<Call>();
    serve(
        Optional.empty(),
        (_, call) -> {
          var stopped = new CompletableFuture<CancelReason>();
          call.onCancel(() -> stopped.complete(call.cancelled().orElseThrow()));
          begun.complete(call);
          throw new LlmException(new LlmError.Cancelled(stopped.join()));
        });
    var answer =
        CompletableFuture.supplyAsync(() -> postUnchecked("{\"model\":\"vec\",\"input\":\"a\"}"));
    begun.get(10, TimeUnit.SECONDS);
    assertThat(admission.active()).isEqualTo(1);
    admission.cancelAll(CancelReason.SHUTDOWN);
    assertThat(answer.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
    assertThat(telemetry.events("llm_request").getFirst().text("cancel_reason"))
        .contains("shutdown");
  }

  private double taken() {
    return telemetry.metrics().sum("llm_embedding_bytes").orElseThrow();
  }

  /** It comes back when the answer was sent: a client may have read it before. */
  private void awaitNothingTaken() {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (taken() > 0) {
      assertThat(System.nanoTime()).as("memory stays taken").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  private HttpResponse<String> post(String body) throws Exception {
    return server.send("POST", PATH, body);
  }

  private HttpResponse<String> postUnchecked(String body) {
    try {
      return post(body);
    } catch (Exception failure) {
      throw new AssertionError(failure);
    }
  }

  /** Each vector begins with its input's length. */
  private static EmbeddingResult lengths(EmbeddingRequest request, Call call) {
    List<Embedding> vectors =
        request.inputs().stream()
            .map(input ->
                switch (input) {
                  case EmbeddingInput.Text(String text) -> Embedding.of(text.length(), .5f);
                  case EmbeddingInput.Tokens(var ids) -> Embedding.of(ids.size(), .5f);
                })
            .toList();
    return new EmbeddingResult(request.model().value(), vectors, Usage.of(7, 0));
  }
}
