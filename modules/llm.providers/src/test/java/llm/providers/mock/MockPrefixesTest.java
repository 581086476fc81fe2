package llm.providers.mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.PrefixWarmer;
import llm.domain.prompt.WarmPrefixId;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: the mock pretends to keep prefixes")
class MockPrefixesTest {
  private static final Duration KEEP = Duration.ofSeconds(20);
  private static final Message SYSTEM = Message.system("You are kind.");
  private static final Message USER = Message.user("Hello there, how are you?");

  private final ManualClock clock = new ManualClock();
  private final CallScope call = Calls.open(clock);
  private final ChatProvider mock = provider();
  private final PrefixWarmer warmer = mock.prefixes(new ModelName("mock")).orElseThrow();

  @Test
  void messagesInCommonFromTheFirstOnAreCachedTokensOfLaterRequests() throws LlmException {
    Usage warmed = warm(ask("mock", SYSTEM, USER));
    assertThat(warmed).isEqualTo(Usage.of(3 + 8 + 11, 0));

    assertThat(cached(ask("mock", SYSTEM, USER, Message.user("more")))).isEqualTo(22);
    assertThat(cached(ask("mock", SYSTEM, Message.user("other")))).isEqualTo(11);
    assertThat(cached(ask("mock", USER, SYSTEM))).isZero();
    assertThat(cached(ask("mock-demo", SYSTEM, USER))).as("another model").isZero();
    assertThat(warm(ask("mock", SYSTEM)).cachedTokens()).isEqualTo(11);
  }

  @Test
  void whatIsReleasedOrOverIsNoLongerCached() throws LlmException {
    var id = WarmPrefixId.create(IdSource.RANDOM);
    warmer.warm(id, ask("mock", SYSTEM), KEEP, call);
    assertThat(warmer.holds(id)).isTrue();
    warmer.release(id);
    assertThat(warmer.holds(id)).isFalse();
    assertThat(cached(ask("mock", SYSTEM))).isZero();

    warmer.warm(id, ask("mock", SYSTEM), KEEP, call);
    clock.advance(KEEP.minusNanos(1));
    assertThat(cached(ask("mock", SYSTEM))).isEqualTo(11);
    assertThat(warmer.holds(id)).isTrue();
    clock.advance(Duration.ofNanos(1));
    assertThat(warmer.holds(id)).isFalse();
    assertThat(cached(ask("mock", SYSTEM))).isZero();
  }

  @Test
  void thereIsRoomForSoManyTokensOnly() throws LlmException {
    var half = ask("mock", Message.user("x".repeat(2 * MockPrefixes.MOST_TOKENS)));
    warm(half);
    var refused = catchThrowableOfType(LlmException.class, () -> warm(half));
    assertThat(refused.error()).isInstanceOf(LlmError.Conflict.class);
    assertThat(refused.error().message())
        .contains("50007 tokens: 50007 are kept already, of at most 100000; release one.");
    warm(ask("mock", USER));
  }

  private Usage warm(ChatRequest prefix) throws LlmException {
    return warmer.warm(WarmPrefixId.create(IdSource.RANDOM), prefix, KEEP, call);
  }

  private int cached(ChatRequest request) throws LlmException {
    return mock.complete(request, call).usage().cachedTokens();
  }

  private static ChatRequest ask(String model, Message... messages) {
    return ChatRequest.of(new ModelName(model), List.of(messages));
  }

  private ChatProvider provider() {
    var config = TestConfig.yaml("providers: {mock: {delay_ms: 0, first_token_delay_ms: 0}}");
    var context =
        new ProviderContext(
            config.section("providers.mock"),
            new RecordingTelemetry(),
            clock,
            IdSource.RANDOM,
            Optional.empty());
    return ((ProviderSetup.Ready) new MockProviderFactory().create(context)).provider();
  }
}
