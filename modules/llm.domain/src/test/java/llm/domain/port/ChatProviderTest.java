package llm.domain.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.domain.call.Answerer;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Deadline;
import llm.domain.call.EventStream;
import llm.domain.call.Principal;
import llm.domain.call.Registration;
import llm.domain.call.Span;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.ScriptedStream;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.content.Dialect;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.SchemaSupport;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("D-6 what a port does by itself")
class ChatProviderTest {
  private static final ModelName MODEL = new ModelName("echo");
  private static final ModelInfo INFO =
      new ModelInfo("echo", "test", Instant.EPOCH, Optional.empty(), "Says it again.");

  /** Says the last message again. */
  private static class EchoProvider implements ChatProvider {
    @Override
    public String id() {
      return "test";
    }

    @Override
    public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
      return new ScriptedStream(
          new StreamEvent.TextDelta(request.messages().getLast().text()),
          new StreamEvent.Done(FinishReason.STOP, Usage.NONE));
    }

    @Override
    public List<ModelInfo> models() {
      return List.of(INFO);
    }

    @Override
    public ProviderHealth health() {
      return new ProviderHealth(ProviderHealth.Status.DEGRADED, "Only an echo.");
    }

    @Override
    public void close() {}
  }

  @Test
  void givesTheWholeAnswerByGatheringTheStream() throws LlmException {
    try (var provider = new EchoProvider()) {
      var request = ChatRequest.of(MODEL, List.of(Message.user("Hello")));
      assertThat(provider.complete(request, new IdleCall()).text()).isEqualTo("Hello");
    }
  }

  @Test
  void aCallOfItsOwnHasNoEndpointAndNoBill() {
    var call = new IdleCall();
    call.spent("m", Usage.of(1, 1), 1);
    assertThat(call.endpoint()).isEmpty();
  }

  @Test
  void promisesNothingBeyondTheStream() throws LlmException {
    try (var provider = new EchoProvider()) {
      assertThat(provider.answersWhole()).isFalse();
      assertThat(provider.answersHere()).isFalse();
      assertThat(provider.embeddings(MODEL)).isEmpty();
      assertThat(provider.prefixes(MODEL)).isEmpty();
      assertThat(provider.memory()).isEmpty();
      assertThat(provider.connection(MODEL)).isEmpty();
      assertThat(provider.dialect()).isEmpty();
      assertThat(provider.continuation(ChatRequest.of(MODEL, List.of(Message.user("hi")))))
          .isEqualTo(Continuation.NEVER);
      assertThat(provider.leavesOut(MODEL))
          .containsExactlyInAnyOrder(
              Nuance.IMAGE_DETAIL, Nuance.SCHEMA_DESCRIPTION, Nuance.PREDICTION);
      assertThat(provider.dialects(MODEL)).isEmpty();
      assertThat(provider.needsOutputLimit()).isFalse();
      assertThat(provider.systemPrefix()).isEmpty();
      assertThat(provider.countPrompt(ChatRequest.of(MODEL, List.of(Message.user("Hi"))), null))
          .isEmpty();
    }
  }

  @Test
  void leavesNothingOutOfWhatItsDialectCanSay() {
    try (var provider =
        new EchoProvider() {
          @Override
          public Optional<Dialect> dialect() {
            return Optional.of(Dialect.OPENAI_CHAT);
          }
        }) {
      assertThat(provider.leavesOut(MODEL)).isEmpty();
    }
  }

  @Test
  void findsAModelAmongThoseItOffers() {
    try (var provider = new EchoProvider()) {
      assertThat(provider.model(MODEL)).contains(INFO);
      assertThat(provider.model(new ModelName("gpt-9"))).isEmpty();
      assertThat(provider.takesAdapters(MODEL)).isFalse();
      assertThat(INFO.parent()).isEmpty();
    }
  }

  @Test
  void refusesAModelThatItDoesNotOffer() {
    try (var provider = new EchoProvider()) {
      assertThatNoException().isThrownBy(() -> provider.validateModel(MODEL));
      assertThatThrownBy(() -> provider.validateModel(new ModelName("gpt-9")))
          .isInstanceOfSatisfying(
              LlmException.class,
              e -> assertThat(e.error()).isEqualTo(new LlmError.ModelNotFound("gpt-9")));
    }
  }

  @Test
  void saysItsHealthInOneWord() {
    try (var provider = new EchoProvider()) {
      assertThat(provider.health().status().wireName()).isEqualTo("degraded");
    }
  }

  @Test
  void readsTheClocksOfTheJdk() {
    long before = System.nanoTime();
    assertThat(TimeSource.SYSTEM.nanoTime() - before).isNotNegative();
    assertThat(TimeSource.SYSTEM.now()).isAfter(Instant.parse("2025-01-01T00:00:00Z"));
  }

  @Test
  void aCallIsOfItsSpansTraceAndSoIsItsChild() {
    var call = new IdleCall();
    assertThat(call.trace()).isEmpty();
    assertThat(call.child(java.time.Duration.ofSeconds(1)).span()).isSameAs(Span.NONE);
  }

  @Test
  void makesRandomIdsOfVersionFour() {
    var id = IdSource.RANDOM.next();
    assertThat(id.version()).isEqualTo(4);
    assertThat(IdSource.RANDOM.next()).isNotEqualTo(id);
  }

  /** Never cancelled. */
  private record IdleCall() implements Call {
    @Override
    public CallId id() {
      return new CallId("c");
    }

    @Override
    public Principal principal() {
      return Principal.LOCAL;
    }

    @Override
    public Span span() {
      return Span.NONE;
    }

    @Override
    public Deadline deadline() {
      return Deadline.after(System.nanoTime(), java.time.Duration.ofMinutes(1));
    }

    @Override
    public Optional<CancelReason> cancelled() {
      return Optional.empty();
    }

    @Override
    public boolean cancel(CancelReason reason) {
      return false;
    }

    @Override
    public Registration onCancel(Runnable hook) {
      return () -> {};
    }

    @Override
    public void onEnd(Runnable hook) {}

    @Override
    public void failureLogged() {}

    @Override
    public boolean isFailureLogged() {
      return false;
    }

    @Override
    public void answeredBy(Answerer answerer) {}

    @Override
    public void note(String header, String value) {}

    @Override
    public Optional<String> asked(String header) {
      return Optional.empty();
    }

    @Override
    public Map<String, String> notes() {
      return Map.of();
    }

    @Override
    public Optional<Answerer> answerer() {
      return Optional.empty();
    }

    @Override
    public Call child(java.time.Duration budget, Span span) {
      return this;
    }

    @Override
    public void end() {}
  }

  @Test
  void takesSchemasAsTheyAre() {
    try (var echo = new EchoProvider()) {
      assertThat(echo.schemaSupport(MODEL)).isEqualTo(SchemaSupport.NATIVE);
    }
  }
}
