package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.request;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.model.ModelName;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.engine.SteppedEngine.Voice;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: prefixes are reused, pinned and given up, and no text shows it")
class PrefixesTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final String SYSTEM = "you are a very helpful teller of long stories ".repeat(4);

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.chat(512).writeTo(folder.resolve("prefixes.gguf"));
  }

  private static EngineSettings pool(int tokens, Prefixes prefixes) {
    return settings(new Slots(3, 1), tokens, prefixes);
  }

  private static ChatRequest conversation(int maxTokens, Message... messages) {
    return ChatRequest.of(new ModelName("local"), List.of(messages))
        .withSampling(EngineFixture.GREEDY.toBuilder().topLogprobs(5).build())
        .withMaxTokens(maxTokens);
  }

  private static ChatRequest asked(String system, String user) {
    return conversation(12, Message.system(system), Message.user(user));
  }

  /** What the request is answered when nothing else was ever in memory. */
  private static Voice alone(ChatRequest request) throws Exception {
    try (var fresh = new SteppedEngine(pool(2048, new Prefixes(0, 0)))) {
      fresh.ask("alone", model, request);
      return fresh.end("alone");
    }
  }

  private static double counted(SteppedEngine stepped, String name, String... labels) {
    return stepped.telemetry.metrics().sum(name, labels).orElseThrow();
  }

  private static LoadedStatus status(SteppedEngine stepped) {
    return stepped.engine.status().models().getFirst();
  }

  @Test
  void theNextTurnOfAConversationComputesOnlyWhatIsNew() throws Exception {
    var settings = pool(2048, new Prefixes(4, -1));
    var forced = SteppedEngine.letters("tell me a long story", 20);
    try (var stepped = new SteppedEngine(settings)) {
      stepped.ask("first", model, forced);
      Voice first = stepped.end("first");
      ChatRequest second =
          conversation(
              12,
              Message.user("tell me a long story"),
              Message.assistant(first.text()),
              Message.user("and now another"));
      stepped.ask("second", model, second);
      Voice next = stepped.end("second");

      // all but the token chosen last, which was never computed
      assertThat(next.cachedTokens()).isEqualTo(first.promptTokens() + 20 - 1);
      Alike.require(next, alone(second));
      assertThat(counted(stepped, "llm_local_tokens_total", "kind", "cached"))
          .isEqualTo(next.cachedTokens());
      assertThat(counted(stepped, "llm_local_tokens_total", "kind", "prompt"))
          .isEqualTo(first.promptTokens() + next.promptTokens() - next.cachedTokens());
    }
  }

  @Test
  void clientsThatComeAtOnceShareASystemPromptThatIsInMemory() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, new Prefixes(4, -1)))) {
      stepped.ask("known", model, asked(SYSTEM, "go"));
      int common =
          stepped.end("known").promptTokens() - "go<|im_end|>\n<|im_start|>assistant\n".length();
      stepped.at(
          stepped.stepCount() + 1,
          () -> {
            for (String user : List.of("alpha", "beta", "gamma")) {
              stepped.ask(user, model, asked(SYSTEM, user));
            }
          });
      stepped.ask("start", model, request("z", 1));

      for (String user : List.of("alpha", "beta", "gamma")) {
        assertThat(stepped.end(user).cachedTokens()).as(user).isBetween(common, common + 1);
        Alike.require(stepped.end(user), alone(asked(SYSTEM, user)));
      }
    }
  }

  @Test
  void aSmallPoolGivesUpWhatWasKeptAndAnswersEverybodyAsAlone() throws Exception {
    try (var stepped = new SteppedEngine(pool(512, new Prefixes(8, -1)))) {
      for (int i = 0; i < 6; i++) {
        ChatRequest request = asked((char) ('b' + i) + SYSTEM, "go");
        stepped.ask("client " + i, model, request);
        Alike.require(stepped.end("client " + i), alone(request));
      }

      assertThat(counted(stepped, "llm_local_prefix_evictions_total")).isPositive();
      assertThat(status(stepped).keptTokens()).isBetween(1, 512);
    }
  }

  @Test
  void aLimitOfNoTokensKeepsNone() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, new Prefixes(4, 0)))) {
      stepped.ask("one", model, asked(SYSTEM, "go"));
      stepped.end("one");
      assertThat(status(stepped).keptTokens()).isZero();
      stepped.ask("two", model, asked(SYSTEM, "go"));

      assertThat(stepped.end("two").cachedTokens()).isZero();
    }
  }

  @Test
  void whoeverFindsNoRoomIsParkedAndGoesOnWhereItWas() throws Exception {
    try (var stepped = new SteppedEngine(pool(512, new Prefixes(2, -1)))) {
      List<ChatRequest> requests =
          List.of("bcdefgh", "ijklmno", "pqrstuv").stream()
              .map(text -> conversation(200, Message.user(text.repeat(8))))
              .toList();
      stepped.begin(
          model,
          () -> {
            for (int i = 0; i < requests.size(); i++) {
              stepped.ask("client " + i, model, requests.get(i));
            }
          });
      for (int i = 0; i < requests.size(); i++) {
        Alike.require(stepped.end("client " + i), alone(requests.get(i)));
      }

      assertThat(counted(stepped, "llm_local_parked_total")).isPositive();
    }
  }

  @Test
  void aPinnedPromptIsKeptForOthersUntilItIsTakenBack() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, new Prefixes(2, 0)))) {
      stepped.pin("pin", model, conversation(1, Message.system(SYSTEM)), HOUR);
      Voice pinned = stepped.end("pin");
      assertThat(pinned.end())
          .isInstanceOfSatisfying(
              StreamEvent.Done.class,
              done -> assertThat(done.finishReason()).isEqualTo(FinishReason.STOP));
      assertThat(pinned.text()).as("it is only read").isEmpty();
      assertThat(status(stepped).pinnedTokens()).isEqualTo(pinned.promptTokens());
      assertThat(stepped.engine.isPinned("pin")).isTrue();
      assertThat(stepped.engine.isPinned("one")).isFalse();

      stepped.ask("one", model, asked(SYSTEM, "go"));
      assertThat(stepped.end("one").cachedTokens()).isEqualTo(pinned.promptTokens());
      Alike.require(stepped.voice("one"), alone(asked(SYSTEM, "go")));
      stepped.engine.unpin("pin");
      awaitUnpinned(stepped);
      assertThat(stepped.engine.isPinned("pin")).isFalse();
      assertThat(status(stepped).keptTokens()).isZero();
      stepped.ask("two", model, asked(SYSTEM, "go"));
      assertThat(stepped.end("two").cachedTokens()).isZero();
    }
  }

  @Test
  void aPinEndsByItselfWhenItsTimeIsOver() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, new Prefixes(2, 0)))) {
      stepped.pin("pin", model, conversation(1, Message.system(SYSTEM)), HOUR);
      int tokens = stepped.end("pin").promptTokens();
      stepped.clock.advance(HOUR.minusSeconds(1));
      stepped.ask("before", model, asked(SYSTEM, "go"));
      assertThat(stepped.end("before").cachedTokens()).isEqualTo(tokens);
      stepped.clock.advance(Duration.ofSeconds(1));
      stepped.ask("after", model, asked(SYSTEM, "go"));

      assertThat(stepped.end("after").cachedTokens()).isZero();
      assertThat(status(stepped).pinnedTokens()).isZero();
    }
  }

  @Test
  void aPinOfTheSameNameReplacesTheOneBefore() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, new Prefixes(2, 0)))) {
      stepped.pin("pin", model, conversation(1, Message.system(SYSTEM)), HOUR);
      stepped.end("pin");
      stepped.pin("pin", model, conversation(1, Message.system("b" + SYSTEM)), HOUR);

      assertThat(stepped.end("pin").end()).isInstanceOf(StreamEvent.Done.class);
      assertThat(status(stepped).pinnedTokens()).isEqualTo(stepped.voice("pin").promptTokens());
    }
  }

  @Test
  void aPinThatIsTooLargeIsRefusedWithTheNumbers() throws Exception {
    try (var stepped = new SteppedEngine(pool(700, new Prefixes(2, -1)))) {
      stepped.pin("small", model, conversation(1, Message.system(SYSTEM)), HOUR);
      int kept = stepped.end("small").promptTokens();
      stepped.pin("large", model, conversation(1, Message.system("b" + SYSTEM)), HOUR);

      assertThat(stepped.end("large").end())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed ->
                  assertThat(failed.error().message())
                      .contains(
                          kept + " tokens are kept already", "of at most 350", "pool_tokens"));
      stepped.ask("one", model, asked(SYSTEM, "go"));
      assertThat(stepped.end("one").cachedTokens()).as("the small one stays").isEqualTo(kept);
    }
  }

  @Test
  void onePinTooManyIsRefusedWithTheNumber() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, new Prefixes(1, -1)))) {
      stepped.pin("one", model, conversation(1, Message.system("one")), HOUR);
      stepped.end("one");
      stepped.pin("two", model, conversation(1, Message.system("two")), HOUR);

      assertThat(stepped.end("two").end())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed ->
                  assertThat(failed.error().message())
                      .contains("1 prompts are kept already, of at most 1", "prefix_sequences"));
    }
  }

  @Test
  void aPinIsGivenUpAsTheLastResortOnly() throws Exception {
    try (var stepped = new SteppedEngine(pool(512, new Prefixes(2, -1)))) {
      stepped.pin("pin", model, conversation(1, Message.system(SYSTEM)), HOUR);
      int pinned = stepped.end("pin").promptTokens();
      stepped.ask("kept", model, asked("b".repeat(100), "go"));
      stepped.end("kept");
      stepped.ask("fits", model, conversation(40, Message.user("c".repeat(200))));
      assertThat(stepped.end("fits").end()).isInstanceOf(StreamEvent.Done.class);
      assertThat(status(stepped).pinnedTokens()).as("others went first").isEqualTo(pinned);
      assertThat(stepped.engine.isPinned("pin")).isTrue();

      stepped.ask("whole", model, conversation(60, Message.user("d".repeat(400))));
      assertThat(stepped.end("whole").end()).isInstanceOf(StreamEvent.Done.class);
      assertThat(status(stepped).pinnedTokens()).isZero();
      assertThat(stepped.engine.isPinned("pin")).as("it was given up").isFalse();
    }
  }

  private static void awaitUnpinned(SteppedEngine stepped) {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (status(stepped).pinnedTokens() > 0) {
      assertThat(System.nanoTime()).as("it stays pinned").isLessThan(until);
      Thread.onSpinWait();
    }
  }
}
