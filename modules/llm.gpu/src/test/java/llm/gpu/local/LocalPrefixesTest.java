package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.ChatResult;
import llm.domain.chat.JsonText;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.ToolDefinition;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.domain.port.PrefixWarmer;
import llm.domain.prompt.WarmPrefixId;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("T-5: the provider local keeps prefixes in its model's memory")
@Timeout(120)
class LocalPrefixesTest {
  private static final Duration KEEP = Duration.ofMinutes(5);
  private static final ModelName LOCAL = new ModelName("local");
  private static final Message SYSTEM = Message.system("be kind and tell a story of a dog");

  @TempDir Path folder;
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private ChatProvider provider;

  @BeforeEach
  void load() throws Exception {
    Path file = TinyModel.chat(512).writeTo(folder.resolve("tiny.gguf"));
    provider = serve("{model: " + file + ", threads: 1, pool_tokens: 512, prefix_tokens: 0}");
  }

  @AfterEach
  void close() {
    provider.close();
    alarms.close();
  }

  @Test
  void aWarmedPromptIsWhatALaterChatNeedNotRead() throws LlmException {
    ChatRequest chat = chat(SYSTEM, Message.user("hello"));
    ChatResult cold = ask(chat);
    assertThat(cold.usage().cachedTokens()).isZero();

    Usage warmed = warm(chat(SYSTEM));

    assertThat(warmed.promptTokens()).isGreaterThan(8);
    assertThat(warmed.completionTokens()).isZero();
    ChatResult hit = ask(chat);
    assertThat(hit.usage().cachedTokens()).isEqualTo(warmed.promptTokens());
    assertThat(hit.text()).isEqualTo(cold.text());
    ChatResult other = ask(chat(SYSTEM, Message.user("another one")));
    assertThat(other.usage().cachedTokens()).isEqualTo(warmed.promptTokens());
  }

  @Test
  void aReleasedOneIsKeptNoLonger() throws LlmException {
    var id = WarmPrefixId.create(IdSource.RANDOM);
    warmer().warm(id, chat(SYSTEM), KEEP, call());
    warmer().release(id);
    awaitCached(0, chat(SYSTEM, Message.user("hello")));
  }

  @Test
  void itEndsByItself() throws LlmException {
    ask(chat(Message.user("so that the model is in memory")));
    var id = WarmPrefixId.create(IdSource.RANDOM);
    warmer().warm(id, chat(SYSTEM), Duration.ofSeconds(2), call());
    awaitCached(0, chat(SYSTEM, Message.user("hello")));
  }

  @Test
  void whereThereIsNoRoomItSaysSoAndKeepsNothing() throws LlmException {
    ChatRequest large = chat(Message.user("x y ".repeat(80)));
    var refused = catchThrowableOfType(LlmException.class, () -> warm(large));
    assertThat(refused.error().message()).contains("no room to keep this prompt", "pool_tokens");
    assertThat(ask(large).usage().cachedTokens()).isZero();
    assertThat(warm(chat(SYSTEM)).promptTokens()).isPositive();
  }

  @Test
  void whatCannotBeReadIsRefusedAsInAChat() {
    ChatRequest tools =
        chat(SYSTEM)
            .withTools(
                List.of(new ToolDefinition("look", Optional.empty(), JsonText.EMPTY_OBJECT)));
    assertThat(failure(tools)).isInstanceOf(LlmError.Unsupported.class);
    assertThat(failure(chat(Message.user("a\0b")))).isInstanceOf(LlmError.InvalidRequest.class);
    assertThat(failure(chat(Message.user("x y ".repeat(400)))))
        .isInstanceOf(LlmError.ContextLengthExceeded.class);
    assertThat(provider.prefixes(new ModelName("absent"))).isEmpty();
  }

  @Test
  void aCancelledOneKeepsNothing() throws LlmException {
    try (CallScope cancelled = call()) {
      cancelled.cancel(CancelReason.USER);
      var refused =
          catchThrowableOfType(
              LlmException.class,
              () ->
                  warmer()
                      .warm(WarmPrefixId.create(IdSource.RANDOM), chat(SYSTEM), KEEP, cancelled));
      assertThat(refused.error()).isEqualTo(new LlmError.Cancelled(CancelReason.USER));
    }
    assertThat(ask(chat(SYSTEM, Message.user("hello"))).usage().cachedTokens()).isZero();
  }

  private Usage warm(ChatRequest prefix) throws LlmException {
    return warmer().warm(WarmPrefixId.create(IdSource.RANDOM), prefix, KEEP, call());
  }

  private LlmError failure(ChatRequest prefix) {
    return catchThrowableOfType(LlmException.class, () -> warm(prefix)).error();
  }

  private PrefixWarmer warmer() {
    return provider.prefixes(LOCAL).orElseThrow();
  }

  private ChatResult ask(ChatRequest request) throws LlmException {
    return provider.complete(request.withMaxTokens(8), call());
  }

  /** Asks until so much is cached: the engine gives up what is released soon, not at once. */
  private void awaitCached(int tokens, ChatRequest request) throws LlmException {
    long until = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (ask(request).usage().cachedTokens() != tokens) {
      assertThat(System.nanoTime()).as("it is cached for ever").isLessThan(until);
    }
  }

  private static ChatRequest chat(Message... messages) {
    return ChatRequest.of(LOCAL, List.of(messages))
        .withSampling(SamplingOptions.DEFAULTS.withTemperature(new Temperature(0)))
        .withPriority(Priority.BACKGROUND);
  }

  private CallScope call() {
    return Calls.open(alarms, Duration.ofSeconds(110));
  }

  private ChatProvider serve(String yaml) {
    TestFiles.libraryFolder();
    var config = TestConfig.yaml("providers: {local: " + yaml + "}", Map.of());
    var context =
        new ProviderContext(
            config.section("providers.local"),
            new RecordingTelemetry(),
            alarms,
            IdSource.RANDOM,
            Optional.of(TestFiles.root()));
    return ((ProviderSetup.Ready) new LocalProviderFactory().create(context)).provider();
  }
}
