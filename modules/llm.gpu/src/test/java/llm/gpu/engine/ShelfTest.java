package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
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
@DisplayName("P-1: prompts beyond a small part of the pool are kept in ordinary memory")
class ShelfTest {
  private static final SamplingOptions TOP =
      EngineFixture.GREEDY.toBuilder().topLogprobs(5).build();
  private static final String SYSTEM = "you are a very helpful teller of long stories ".repeat(3);
  private static final int CLIENTS = 10;
  private static final int TEMPLATE = 30; // every prompt begins with somewhat fewer tokens alike

  @TempDir static Path folder;
  private static Path model;
  private static Path windowed;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.chat(512).writeTo(folder.resolve("shelf.gguf"));
    windowed = TinyModel.chat(512).withWindow(48).writeTo(folder.resolve("windowed.gguf"));
  }

  private static EngineSettings pool(int tokens, long memoryBytes) {
    return settings(new Slots(3, 1), tokens, new Prefixes(16, -1, memoryBytes));
  }

  /** What client {@code number} says: nobody else begins so. */
  private static ChatRequest of(int number, String end) {
    return asked((char) ('b' + number) + SYSTEM, end);
  }

  private static ChatRequest asked(String system, String user) {
    return ChatRequest.of(
            new ModelName("local"), List.of(Message.system(system), Message.user(user)))
        .withSampling(TOP)
        .withMaxTokens(12);
  }

  /** What the request is answered when nothing else was ever in memory. */
  private static Voice alone(Path file, ChatRequest request) throws Exception {
    try (var fresh = new SteppedEngine(settings(new Slots(3, 1), 2048, new Prefixes(0, 0)))) {
      fresh.ask("alone", file, request);
      return fresh.end("alone");
    }
  }

  private static double counted(SteppedEngine stepped, String name) {
    return stepped.telemetry.metrics().sum(name).orElse(0);
  }

  private static LoadedStatus status(SteppedEngine stepped) {
    return stepped.engine.status().models().getFirst();
  }

  private static void askAll(SteppedEngine stepped, Path file) throws Exception {
    for (int i = 0; i < CLIENTS; i++) {
      stepped.ask("client " + i, file, of(i, "go"));
      stepped.end("client " + i);
    }
  }

  @Test
  void thePoolStaysSmallAndEachPromptIsFoundAgain() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, 1 << 24))) {
      askAll(stepped, model);

      assertThat(status(stepped).keptTokens()).isBetween(1, 256);
      assertThat(status(stepped).shelfTokens()).isGreaterThan(1_300);
      assertThat(counted(stepped, "llm_local_prefix_memory_tokens"))
          .isEqualTo(status(stepped).shelfTokens());
      assertThat(counted(stepped, "llm_local_prefix_memory_bytes"))
          .isEqualTo(status(stepped).shelfBytes())
          .isBetween(100_000.0, (double) (1 << 24));
      for (int i = 0; i < CLIENTS; i++) {
        ChatRequest request = of(i, "go");
        stepped.ask("again " + i, model, request);
        Voice again = stepped.end("again " + i);
        assertThat(again.cachedTokens()).isEqualTo(again.promptTokens() - 1);
        Alike.require(again, alone(model, request));
      }
      assertThat(counted(stepped, "llm_local_prefix_restores_total")).isBetween(8.0, 10.0);
      assertThat(status(stepped).keptTokens()).isBetween(1, 256);
    }
  }

  @Test
  void anotherEndGoesOnFromWhereThePromptsPart() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, 1 << 24))) {
      askAll(stepped, model);
      ChatRequest other = of(0, "another end");
      stepped.ask("other", model, other);

      assertThat(stepped.end("other").cachedTokens()).isGreaterThan(SYSTEM.length());
      Alike.require(stepped.voice("other"), alone(model, other));
    }
  }

  @Test
  void withoutMemoryForThemAllStayInThePool() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, 0))) {
      askAll(stepped, model);

      assertThat(status(stepped).keptTokens()).isGreaterThan(1_300);
      assertThat(status(stepped).shelfBytes()).isZero();
      stepped.ask("again", model, of(1, "go"));
      assertThat(stepped.end("again").cachedTokens()).isLessThan(TEMPLATE);
      assertThat(counted(stepped, "llm_local_prefix_restores_total")).isZero();
    }
  }

  @Test
  void aBudgetIsKeptAndWhatWasUsedLastSurvives() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, 200_000))) {
      askAll(stepped, model);

      assertThat(status(stepped).shelfBytes()).isBetween(50_000L, 200_000L);
      stepped.ask("early", model, of(1, "go"));
      assertThat(stepped.end("early").cachedTokens()).isLessThan(TEMPLATE);
      stepped.ask("late", model, of(CLIENTS - 2, "go"));
      assertThat(stepped.end("late").cachedTokens()).isGreaterThan(TEMPLATE);
    }
  }

  @Test
  void aPromptThatPartsBehindAWindowIsComputedAndOneThatGoesOnIsNot() throws Exception {
    try (var stepped = new SteppedEngine(pool(2048, 1 << 24))) {
      askAll(stepped, windowed);
      assertThat(status(stepped).shelfTokens()).isGreaterThan(1_300);
      ChatRequest parts = asked("d" + SYSTEM.substring(0, 100) + "!", "go");
      stepped.ask("parts", windowed, parts);
      assertThat(stepped.end("parts").cachedTokens()).isLessThan(TEMPLATE);
      Alike.require(stepped.voice("parts"), alone(windowed, parts));

      ChatRequest first = SteppedEngine.letters("f" + SYSTEM, 20);
      stepped.ask("first", windowed, first);
      String said = stepped.end("first").text();
      askAll(stepped, windowed); // pushes it out
      ChatRequest next =
          ChatRequest.of(
                  new ModelName("local"),
                  List.of(
                      first.messages().getFirst(), Message.assistant(said), Message.user("and on")))
              .withSampling(TOP)
              .withMaxTokens(12);
      stepped.ask("next", windowed, next);
      assertThat(stepped.end("next").cachedTokens())
          .isEqualTo(stepped.voice("first").promptTokens() + 20 - 1);
      Alike.require(stepped.voice("next"), alone(windowed, next));
    }
  }

  @Test
  void clientsOfOneSystemPromptShareThePoolAndNobodyIsParked() throws Exception {
    try (var stepped = new SteppedEngine(pool(512, 1 << 24))) {
      stepped.ask("known", model, asked(SYSTEM, "go"));
      stepped.end("known");
      for (int i = 0; i < CLIENTS; i++) { // pushes it out
        stepped.ask("other " + i, model, of(i, "go"));
        stepped.end("other " + i);
      }
      stepped.at(
          stepped.stepCount() + 1,
          () -> {
            for (String user : List.of("alpha", "beta")) {
              stepped.ask(user, model, asked(SYSTEM, user));
            }
          });
      stepped.ask("gamma", model, asked(SYSTEM, "gamma"));

      for (String user : List.of("alpha", "beta", "gamma")) {
        assertThat(stepped.end(user).cachedTokens()).as(user).isGreaterThan(SYSTEM.length());
        Alike.require(stepped.voice(user), alone(model, asked(SYSTEM, user)));
      }
      assertThat(counted(stepped, "llm_local_parked_total")).isZero();
    }
  }

  @Test
  void whatIsInOrdinaryMemoryIsSavedAndComesBackToIt() throws Exception {
    Path saved = folder.resolve("saved");
    var prefixes =
        new Prefixes(
            16, -1, 1 << 24, Duration.ZERO, Optional.of(saved), Prefixes.DEFAULT_FOLDER_BYTES);
    EngineSettings settings = settings(new Slots(3, 1), 2048, prefixes);
    try (var stepped = new SteppedEngine(settings)) {
      askAll(stepped, model);
    }
    try (var files = Files.list(saved)) {
      assertThat(files).hasSize(CLIENTS);
    }
    try (var stepped = new SteppedEngine(settings)) {
      stepped.ask("z", model, EngineFixture.request("z", 1));
      assertThat(stepped.end("z").end()).isInstanceOf(StreamEvent.Done.class);
      assertThat(status(stepped).keptTokens()).isBetween(1, 256 + 50);
      assertThat(status(stepped).shelfTokens()).isGreaterThan(1_300);
      for (int i = 0; i < CLIENTS; i++) {
        stepped.ask("again " + i, model, of(i, "go"));
        Voice again = stepped.end("again " + i);
        assertThat(again.cachedTokens()).isEqualTo(again.promptTokens() - 1);
      }
    }
  }
}
