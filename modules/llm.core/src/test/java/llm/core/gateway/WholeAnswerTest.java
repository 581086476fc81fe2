package llm.core.gateway;

import static llm.core.gateway.GatewayFixture.ask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.gateway.attempt.GatewayMetrics;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("A provider with a cheaper way than its stream is asked for whole answers by it")
class WholeAnswerTest {
  /** What a test says instead of a model. */
  @FunctionalInterface
  private interface Whole {
    ChatResult to(ChatRequest request, Call call) throws LlmException;
  }

  /** Takes any model under its name, and has no stream. */
  private record WholeProvider(Whole answer, AtomicBoolean listed) implements ChatProvider {
    @Override
    public String id() {
      return "up";
    }

    @Override
    public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
      throw new AssertionError("the stream was asked");
    }

    @Override
    public ChatResult complete(ChatRequest request, Call call) throws LlmException {
      return answer.to(request, call);
    }

    @Override
    public boolean answersWhole() {
      return true;
    }

    @Override
    public Optional<Dialect> dialect() {
      return Optional.of(Dialect.OPENAI_CHAT);
    }

    @Override
    public List<ModelInfo> models() {
      return List.of();
    }

    @Override
    public Optional<ModelInfo> model(ModelName name) {
      return listed.get() && name.value().startsWith("up/")
          ? Optional.of(new ModelInfo(name.value(), "up", Instant.EPOCH, Optional.empty(), "Any."))
          : Optional.empty();
    }

    @Override
    public ProviderHealth health() {
      return new ProviderHealth(ProviderHealth.Status.UP, "fine");
    }

    @Override
    public void close() {}
  }

  @Test
  void theAccountIsKeptAsForAStream() throws LlmException {
    var fixture = with((request, _) -> result(request, "hello", Usage.of(7, 2)));
    ChatResult answer = fixture.gateway.complete(ask("up/m", "hi"), fixture.call);

    assertThat(answer.text()).isEqualTo("hello");
    assertThat(fixture.eventNames())
        .containsExactly(
            "LlmRequestCreated",
            "LlmRequestValidated",
            "LlmInteractionStarted",
            "LlmRequestSent",
            "LlmResponseReceived",
            "LlmResponseProcessed",
            "LlmInteractionCompleted");
    var line = fixture.telemetry.events("llm_request").getFirst();
    assertThat(line.text("status")).contains("success");
    assertThat(line.text("prompt_tokens")).contains("7");
  }

  @Test
  void usageThatIsMissingIsEstimated() throws LlmException {
    var fixture = with((request, _) -> result(request, "x".repeat(400), Usage.NONE));
    Usage usage = fixture.gateway.complete(ask("up/m", "hi"), fixture.call).usage();
    assertThat(usage.promptTokens()).isPositive();
    assertThat(usage.completionTokens()).isEqualTo(100);
  }

  @Test
  void anAnswerWithoutUsageKeepsItsLogProbabilities() throws LlmException {
    var tokens = List.of(new TokenLogprob("a", -1, List.of(), List.of()));
    var fixture =
        with((_, _) ->
            new ChatResult("m", "a", "", List.of(), FinishReason.STOP, Usage.NONE, tokens));
    ChatResult answer = fixture.gateway.complete(ask("up/m", "hi"), fixture.call);
    assertThat(answer.usage().completionTokens()).isPositive();
    assertThat(answer.logprobs()).isEqualTo(tokens);
  }

  @Test
  void anAnswerIsGivenThoughItsModelIsListedNoMore() throws LlmException {
    var listed = new AtomicBoolean(true);
    var provider =
        new WholeProvider(
            (request, _) -> {
              listed.set(false);
              return result(request, "hello", Usage.of(7, 2));
            },
            listed);
    var fixture = GatewayFixture.with(provider);
    assertThat(fixture.gateway.complete(ask("up/m", "hi"), fixture.call).text()).isEqualTo("hello");
    assertThat(fixture.gateway.model("up/m")).isEmpty();
  }

  @Test
  void aFailureIsTheProvidersOwn() {
    var error = new LlmError.ProviderUnreachable("up", "no route");
    var fixture =
        with((_, _) -> {
          throw new LlmException(error);
        });
    assertThat(failure(fixture)).isEqualTo(error);
    assertThat(fixture.eventNames()).endsWith("LlmInteractionFailed");
    assertThat(fixture.telemetry.events("llm_request").getFirst().text("error"))
        .contains("provider_unreachable");
  }

  @Test
  void aCancelledCallFailsOfItsReasonWhateverTheProviderSays() {
    var seen = new AtomicReference<Call>();
    var fixture =
        with((_, call) -> {
          seen.set(call);
          call.cancel(CancelReason.DEADLINE);
          throw new LlmException(new LlmError.ProviderFailed("up", "cut"));
        });
    assertThat(failure(fixture)).isInstanceOf(LlmError.DeadlineExceeded.class);
    assertThat(fixture.call.cancelled()).as("the caller's own call is not touched").isEmpty();
    assertThat(seen.get().deadline().budget()).isLessThanOrEqualTo(Duration.ofHours(1));
  }

  @Test
  void aBugIsToldAsOne() {
    var fixture =
        with((_, _) -> {
          throw new IllegalStateException("oops");
        });
    assertThat(failure(fixture)).isEqualTo(new LlmError.Internal());
    assertThat(fixture.telemetry.events("provider_threw")).hasSize(1);
  }

  @Test
  void anyModelCanBeLookedUpAndSeriesOfModelsAreBounded() throws LlmException {
    var fixture = with((request, _) -> result(request, "a", Usage.of(1, 1)));
    assertThat(fixture.gateway.model("up/anything")).isPresent();
    assertThat(fixture.gateway.dialect(new ModelName("up/anything"))).contains(Dialect.OPENAI_CHAT);
    var metrics = new GatewayMetrics(new RecordingTelemetry().metrics());
    for (int i = 0; i < GatewayMetrics.MOST_MODELS; i++) {
      metrics.of("m" + i);
    }
    assertThat(metrics.of("one more"))
        .isSameAs(metrics.of("another"))
        .isNotSameAs(metrics.of("m1"));
  }

  private static GatewayFixture with(Whole answer) {
    return GatewayFixture.with(new WholeProvider(answer, new AtomicBoolean(true)));
  }

  private static ChatResult result(ChatRequest request, String text, Usage usage) {
    return new ChatResult(request.model().value(), text, "", List.of(), FinishReason.STOP, usage);
  }

  private static LlmError failure(GatewayFixture fixture) {
    return catchThrowableOfType(
            LlmException.class, () -> fixture.gateway.complete(ask("up/m", "hi"), fixture.call))
        .error();
  }
}
