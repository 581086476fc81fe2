package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.catalogue.Catalogue;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.ChatlessProvider;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.CancelReason;
import llm.domain.chat.Usage;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.EmbeddingProvider;
import llm.domain.port.IdSource;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-3: vectors are asked for as chat is")
class EmbeddingCallsTest {
  private static final Embedding ONE = Embedding.of(1, 0);

  /** Makes vectors of the model {@code up}, and none of {@code other}. */
  private static final class VectorProvider extends ChatlessProvider {
    private final EmbeddingProvider maker;

    private VectorProvider(EmbeddingProvider maker) {
      super("up", "up", "other");
      this.maker = maker;
    }

    @Override
    public Optional<EmbeddingProvider> embeddings(ModelName model) {
      return model.value().equals("up") ? Optional.of(maker) : Optional.empty();
    }
  }

  @Test
  void theAccountIsKeptAsForChat() throws LlmException {
    var fixture = with((_, _) -> made(Usage.of(7, 0), ONE, ONE));

    EmbeddingResult result = fixture.gateway.embed(ask("up", "a", "b"), fixture.call);

    assertThat(result.vectors()).containsExactly(ONE, ONE);
    assertThat(fixture.eventNames())
        .containsExactly(
            "LlmRequestCreated",
            "LlmInteractionStarted",
            "LlmRequestSent",
            "LlmResponseReceived",
            "LlmResponseProcessed",
            "LlmInteractionCompleted");
    assertThat(fixture.telemetry.events("llm_request")).hasSize(1);
    var line = fixture.telemetry.events("llm_request").getFirst();
    assertThat(line.text("model")).contains("up");
    assertThat(line.text("status")).contains("success");
    assertThat(line.text("prompt_tokens")).contains("7");
    assertThat(line.text("vectors")).contains("2");
    assertThat(line.text("dimensions")).contains("2");
  }

  @Test
  void usageThatIsMissingIsEstimated() throws LlmException {
    var fixture = with((_, _) -> made(Usage.NONE, ONE, ONE));
    var result = fixture.gateway.embed(ask("up", "x".repeat(400), "y"), fixture.call);
    assertThat(result.usage()).isEqualTo(Usage.of(101, 0));
  }

  @Test
  void aModelThatMakesNoneIsRefusedAndSoIsOneThatIsNotThere() {
    var fixture = with((_, _) -> made(Usage.NONE, ONE));
    assertThat(failure(fixture, ask("other", "a")))
        .isInstanceOf(LlmError.Unsupported.class)
        .extracting(LlmError::message)
        .asString()
        .contains("Model 'other' makes no embeddings", "gateway.default_embedding_model");
    assertThat(failure(fixture, ask("nowhere", "a")))
        .isEqualTo(new LlmError.ModelNotFound("nowhere"));
  }

  @Test
  void anAnswerThatIsNotWhatWasAskedForIsAFailure() {
    var fixture = with((_, _) -> made(Usage.NONE, ONE));
    assertThat(failure(fixture, ask("up", "a", "b")).message())
        .isEqualTo("Provider 'up' gave 1 vectors for 2 inputs.");
    var short_ =
        new EmbeddingRequest(
            new ModelName("up"), ask("up", "a").inputs(), Optional.of(1), Map.of());
    assertThat(failure(fixture, short_).message())
        .contains("vectors of 2 numbers where dimensions 1 was asked for");
    assertThat(fixture.eventNames()).endsWith("LlmInteractionFailed");
    assertThat(fixture.telemetry.events("llm_request").getLast().text("error"))
        .contains("provider_failed");
  }

  @Test
  void aCancelledCallFailsOfItsReasonWhateverTheProviderSays() {
    var fixture =
        with((_, call) -> {
          call.cancel(CancelReason.DEADLINE);
          throw new LlmException(new LlmError.ProviderFailed("up", "cut"));
        });
    assertThat(failure(fixture, ask("up", "a"))).isInstanceOf(LlmError.DeadlineExceeded.class);
    assertThat(fixture.call.cancelled()).as("the caller's own call is not touched").isEmpty();
  }

  @Test
  void oneThatIsCancelledBeforeIsNotAsked() {
    var fixture =
        with((_, _) -> {
          throw new AssertionError("asked");
        });
    fixture.call.cancel(CancelReason.CLIENT_GONE);
    assertThat(failure(fixture, ask("up", "a")))
        .isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
  }

  @Test
  void memoryIsTakenUntilTheCallEndsAndNoneByWhatFails() throws LlmException {
    var fixture = with((_, _) -> made(Usage.NONE, ONE));
    failure(fixture, ask("up", "a", "b"));
    assertThat(taken(fixture)).isZero();

    fixture.gateway.embed(ask("up", "a"), fixture.call);
    assertThat(taken(fixture)).isEqualTo(2 * EmbeddingMemory.BYTES_PER_NUMBER);
    var large = ask("up", java.util.Collections.nCopies(2_048, "a").toArray(String[]::new));
    var sized = new EmbeddingRequest(large.model(), large.inputs(), Optional.of(1_000), Map.of());
    assertThat(failure(fixture, sized)).isInstanceOf(LlmError.InvalidRequest.class);
    fixture.call.end();
    assertThat(taken(fixture)).isZero();
  }

  private static double taken(GatewayFixture fixture) {
    return fixture.telemetry.metrics().sum("llm_embedding_bytes").orElseThrow();
  }

  @Test
  void aBugIsToldAsOne() {
    var fixture =
        with((_, _) -> {
          throw new IllegalStateException("oops");
        });
    assertThat(failure(fixture, ask("up", "a"))).isEqualTo(new LlmError.Internal());
    assertThat(fixture.telemetry.events("provider_threw")).hasSize(1);
  }

  @Test
  void theDefaultModelOfEmbeddingsIsItsOwnSetting() throws LlmException {
    var none = with((_, _) -> made(Usage.NONE, ONE));
    var refused =
        catchThrowableOfType(
            LlmException.class, () -> none.gateway.resolveForEmbeddings(Optional.empty()));
    assertThat(refused.error())
        .isEqualTo(
            LlmError.InvalidRequest.at(
                "model",
                "model is missing and there is no default: name a model that makes embeddings, or"
                    + " set gateway.default_embedding_model"));
    assertThat(none.gateway.resolveForEmbeddings(Optional.of("other")).value()).isEqualTo("other");
    var settings =
        new GatewaySettings(
            Optional.of("other"),
            Optional.of("up"),
            GatewayFixture.FIRST_TOKEN,
            GatewayFixture.IDLE,
            GatewayFixture.WARM_PREFIXES,
            GatewayFixture.EMBEDDING_BYTES);
    try (var gateway =
        Gateway.of(
            settings,
            List.of(new ProviderSetup.Ready(new VectorProvider((_, _) -> made(Usage.NONE, ONE)))),
            Catalogue.EMPTY,
            new RecordingTelemetry(),
            new ManualClock(),
            IdSource.RANDOM,
            _ -> {})) {
      assertThat(gateway.resolveForEmbeddings(Optional.empty()).value()).isEqualTo("up");
    }
  }

  private static GatewayFixture with(EmbeddingProvider maker) {
    return GatewayFixture.with(new VectorProvider(maker));
  }

  private static EmbeddingRequest ask(String model, String... texts) {
    return EmbeddingRequest.of(new ModelName(model), texts);
  }

  private static EmbeddingResult made(Usage usage, Embedding... vectors) {
    return new EmbeddingResult("up", List.of(vectors), usage);
  }

  private static LlmError failure(GatewayFixture fixture, EmbeddingRequest request) {
    return catchThrowableOfType(
            LlmException.class, () -> fixture.gateway.embed(request, fixture.call))
        .error();
  }
}
