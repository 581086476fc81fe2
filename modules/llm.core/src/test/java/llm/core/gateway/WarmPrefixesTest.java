package llm.core.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.testkit.ChatlessProvider;
import llm.domain.call.Call;
import llm.domain.call.CallId;
import llm.domain.call.CancelReason;
import llm.domain.call.Principal;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Priority;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.PrefixWarmer;
import llm.domain.prompt.WarmPrefix;
import llm.domain.prompt.WarmPrefixId;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-5: prefixes are kept warm for those who ask")
class WarmPrefixesTest {
  private static final Duration KEEP = Duration.ofSeconds(30);
  private static final Principal OTHER = new Principal("other");

  private final KeepingProvider provider = new KeepingProvider();
  private final GatewayFixture fixture = GatewayFixture.with(provider);
  private final WarmPrefixes prefixes = fixture.gateway.warmPrefixes();

  /** What a test's provider does when it is asked to keep one. */
  @FunctionalInterface
  private interface Reading {
    Usage read(Call call) throws LlmException;
  }

  /** Keeps prefixes of the model {@code up}, and none of {@code other}. */
  private static final class KeepingProvider extends ChatlessProvider implements PrefixWarmer {
    private final List<ChatRequest> asked = new ArrayList<>();
    private final List<WarmPrefixId> kept = new ArrayList<>();
    private Optional<RuntimeException> broken = Optional.empty();
    private Reading reading = _ -> new Usage(12, 0, 5);

    private KeepingProvider() {
      super("up", "up", "other");
    }

    @Override
    public Usage warm(WarmPrefixId id, ChatRequest prefix, Duration keep, Call call)
        throws LlmException {
      asked.add(prefix);
      Usage usage = reading.read(call);
      kept.add(id);
      return usage;
    }

    @Override
    public boolean holds(WarmPrefixId id) {
      broken.ifPresent(bug -> {
        throw bug;
      });
      return kept.contains(id);
    }

    @Override
    public void release(WarmPrefixId id) {
      kept.remove(id);
      broken.ifPresent(bug -> {
        throw bug;
      });
    }

    @Override
    public Optional<PrefixWarmer> prefixes(ModelName model) {
      return model.value().equals("up") ? Optional.of(this) : Optional.empty();
    }
  }

  @Test
  void onePrefixIsKeptUntilItIsReleased() throws LlmException {
    ChatRequest asked = GatewayFixture.ask("up", "hi").withPriority(Priority.BACKGROUND);
    WarmPrefix made = prefixes.warm(asked, KEEP, fixture.call);

    assertThat(made.model().value()).isEqualTo("up");
    assertThat(made.promptTokens()).isEqualTo(12);
    assertThat(made.cachedTokens()).isEqualTo(5);
    assertThat(made.expires()).isEqualTo(fixture.clock.now().plus(KEEP));
    assertThat(provider.asked.getFirst().messages()).isEqualTo(asked.messages());
    assertThat(provider.asked.getFirst().priority()).isEqualTo(Priority.BACKGROUND);
    assertThat(provider.kept).containsExactly(made.id());
    assertThat(mine()).containsExactly(made);
    assertThat(metrics()).contains("llm_warm_prefixes 1");

    assertThat(prefixes.release(made.id(), Principal.LOCAL)).isTrue();
    assertThat(provider.kept).isEmpty();
    assertThat(mine()).isEmpty();
    assertThat(metrics()).contains("llm_warm_prefixes 0");
    assertThat(prefixes.release(made.id(), Principal.LOCAL)).isFalse();
  }

  @Test
  void itEndsByItselfAtItsTime() throws LlmException {
    WarmPrefix made = warm(KEEP);
    WarmPrefix longer = warm(KEEP.plusSeconds(1));
    fixture.clock.advance(KEEP.minusNanos(1));
    assertThat(mine()).containsExactly(made, longer);

    fixture.clock.advance(Duration.ofNanos(1));

    assertThat(mine()).containsExactly(longer);
    assertThat(provider.kept).containsExactly(longer.id());
    assertThat(metrics()).contains("llm_warm_prefixes 1");
    assertThat(fixture.telemetry.events("warm_prefix_ended").getFirst().text("reason"))
        .contains("expired");
  }

  @Test
  void nobodyElseSeesItOrReleasesIt() throws LlmException {
    WarmPrefix made = warm(KEEP);
    assertThat(prefixes.of(OTHER)).isEmpty();
    assertThat(prefixes.release(made.id(), OTHER)).isFalse();
    assertThat(provider.kept).containsExactly(made.id());
  }

  @Test
  void onePrincipalHasOnlySoManyAndAPlaceComesBack() throws LlmException {
    WarmPrefix first = warm(KEEP);
    warm(KEEP.plusSeconds(9));
    LlmError full = failure(() -> warm(KEEP));
    assertThat(full).isInstanceOf(LlmError.Conflict.class);
    assertThat(full.message())
        .contains("2 prefixes", "'local'", "gateway.warm_prefixes_per_principal", "release one");
    assertThat(provider.asked).hasSize(2);
    try (CallScope others = call(OTHER)) {
      assertThat(prefixes.warm(GatewayFixture.ask("up", "a"), KEEP, others)).isNotNull();
    }

    prefixes.release(first.id(), Principal.LOCAL);
    warm(KEEP);
    assertThat(failure(() -> warm(KEEP))).isInstanceOf(LlmError.Conflict.class);
    fixture.clock.advance(KEEP);
    warm(KEEP);
  }

  @Test
  void oneThatFailsTakesNoPlaceAndIsNotKept() {
    provider.reading =
        _ -> {
          throw new LlmException(new LlmError.ProviderFailed("up", "No room."));
        };
    for (int i = 0; i <= GatewayFixture.WARM_PREFIXES; i++) {
      assertThat(failure(() -> warm(KEEP)))
          .isEqualTo(new LlmError.ProviderFailed("up", "No room."));
    }
    provider.reading =
        _ -> {
          throw new IllegalStateException("oops");
        };
    assertThat(failure(() -> warm(KEEP))).isEqualTo(new LlmError.Internal());
    assertThat(fixture.telemetry.events("provider_threw")).hasSize(1);
    assertThat(mine()).isEmpty();
    assertThat(metrics())
        .contains("llm_warm_prefixes 0", "llm_requests_total{model=\"up\",status=\"error\"} 4");
  }

  @Test
  void oneThatIsNotReadBeforeItsEndFailsOfThat() {
    provider.reading =
        call -> {
          fixture.clock.advance(KEEP);
          throw new LlmException(new LlmError.Cancelled(call.cancelled().orElseThrow()));
        };
    assertThat(failure(() -> warm(KEEP)))
        .isEqualTo(new LlmError.DeadlineExceeded(CancelReason.DEADLINE, "Model 'up'", KEEP));
    assertThat(fixture.call.cancelled()).as("the caller's own call is not touched").isEmpty();
  }

  @Test
  void theAccountIsKeptAsForChat() throws LlmException {
    WarmPrefix made = warm(KEEP);
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
    assertThat(line.text("prompt_tokens")).contains("12");
    assertThat(line.text("cached_tokens")).contains("5");
    assertThat(line.text("warm_prefix")).contains(made.id().value());
    assertThat(metrics()).contains("llm_tokens_total{model=\"up\",kind=\"cached\"} 5");
  }

  @Test
  void aModelThatKeepsNoneSaysSo() {
    LlmError refused =
        failure(() -> prefixes.warm(GatewayFixture.ask("other", "a"), KEEP, fixture.call));
    assertThat(refused)
        .isEqualTo(
            new LlmError.Unsupported(
                "model",
                "Model 'other' keeps no prefixes warm: its provider 'up' has no way to ask for"
                    + " that; models of 'local' do."));
    assertThat(failure(() -> prefixes.warm(GatewayFixture.ask("x", "a"), KEEP, fixture.call)))
        .isEqualTo(new LlmError.ModelNotFound("x"));
  }

  @Test
  void aTimeThatIsNoneIsABugOfTheCaller() {
    assertThatThrownBy(() -> warm(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatTheModelHasGivenUpIsNotListedAndTakesNoPlace() throws LlmException {
    WarmPrefix first = warm(KEEP);
    WarmPrefix second = warm(KEEP);
    provider.kept.remove(first.id()); // memory was needed
    assertThat(mine()).containsExactly(second);
    assertThat(metrics()).contains("llm_warm_prefixes 1");
    assertThat(fixture.telemetry.events("warm_prefix_ended").getFirst().text("reason"))
        .contains("given_up");
    assertThat(prefixes.release(first.id(), Principal.LOCAL)).isFalse();

    WarmPrefix third = warm(KEEP);
    provider.kept.clear();
    WarmPrefix fourth = warm(KEEP);
    assertThat(mine()).doesNotContain(second, third).containsExactly(fourth);
  }

  @Test
  void aProviderThatThrowsAtTheReleaseKeepsNothingElseFromEnding() throws LlmException {
    warm(KEEP);
    warm(KEEP.plusSeconds(9));
    provider.broken = Optional.of(new IllegalStateException("oops"));
    assertThat(mine()).as("listed as long as nothing else is known").hasSize(2);

    fixture.clock.advance(KEEP);
    assertThat(provider.kept).as("expired").hasSize(1);
    fixture.gateway.close();

    assertThat(provider.kept).isEmpty();
    assertThat(metrics()).contains("llm_warm_prefixes 0");
    assertThat(fixture.telemetry.events("provider_threw")).hasSize(4);
    assertThat(fixture.telemetry.events("warm_prefix_ended")).hasSize(2);
  }

  @Test
  void closingForgetsAll() throws LlmException {
    warm(KEEP);
    fixture.gateway.close();
    assertThat(mine()).isEmpty();
    assertThat(provider.kept).isEmpty();
  }

  private WarmPrefix warm(Duration keep) throws LlmException {
    return prefixes.warm(GatewayFixture.ask("up", "hi"), keep, fixture.call);
  }

  private List<WarmPrefix> mine() {
    return prefixes.of(Principal.LOCAL);
  }

  private String metrics() {
    return fixture.telemetry.metrics().prometheusText();
  }

  private CallScope call(Principal principal) {
    return CallScope.open(
        new CallId("other-1"), principal, Optional.empty(), KEEP, fixture.clock, _ -> {});
  }

  private static LlmError failure(ThrowingCallable asked) {
    return catchThrowableOfType(LlmException.class, asked).error();
  }
}
