package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.model.ModelName;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.engine.EngineStatus.LoadedStatus;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A pool of 512 tokens, a token for each letter and a few for the template. */
@Timeout(120)
@DisplayName("T-5: who comes in is decided by the room there is, and nobody is disturbed in vain")
class RoomTest {
  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.chat(512).writeTo(folder.resolve("room.gguf"));
  }

  private static SteppedEngine engine() {
    return new SteppedEngine(settings(new Slots(3, 1), 512, new Prefixes(2, -1)));
  }

  private static double gauge(SteppedEngine stepped, String name) {
    return stepped.telemetry.metrics().sum(name).orElseThrow();
  }

  private static void requireNobodyParked(SteppedEngine stepped) {
    assertThat(stepped.telemetry.metrics().sum("llm_local_parked_total").orElse(0)).isZero();
  }

  private static void requireDone(SteppedEngine stepped, String... names) {
    for (String name : names) {
      assertThat(stepped.end(name).end()).as(name).isInstanceOf(StreamEvent.Done.class);
    }
  }

  @Test
  void backgroundWorkIsNotParkedForAPromptThatHasNoRoomAllTheSame() throws Exception {
    try (var stepped = engine()) {
      stepped.begin(
          model,
          () -> {
            stepped.ask("large", model, letters("b".repeat(230), 60));
            stepped.ask(
                "background", model, letters("c".repeat(60), 10).withPriority(Priority.BACKGROUND));
          });
      stepped.at(12, () -> stepped.ask("waits", model, letters("d".repeat(300), 5)));

      requireDone(stepped, "large", "background", "waits");
      assertThat(stepped.stepsOf("waits").getFirst())
          .isGreaterThan(stepped.stepsOf("large").getLast());
      requireNobodyParked(stepped);
    }
  }

  @Test
  void backgroundWorkIsParkedForAPromptThatHasRoomThen() throws Exception {
    try (var stepped = engine()) {
      stepped.begin(
          model,
          () ->
              stepped.ask(
                  "background",
                  model,
                  letters("c".repeat(230), 60).withPriority(Priority.BACKGROUND)));
      stepped.at(12, () -> stepped.ask("comes", model, letters("d".repeat(300), 5)));

      requireDone(stepped, "background", "comes");
      assertThat(stepped.stepsOf("comes").getLast())
          .isLessThan(stepped.stepsOf("background").getLast());
      assertThat(stepped.telemetry.metrics().sum("llm_local_parked_total")).hasValue(1);
    }
  }

  @Test
  void aPromptWaitsForRoomBesideWhatIsPinned() throws Exception {
    try (var stepped = engine()) {
      var system = Message.system("b".repeat(200));
      var pin = ChatRequest.of(new ModelName("local"), List.of(system));
      stepped.pin("pin", model, pin, Duration.ofHours(1));
      requireDone(stepped, "pin");
      stepped.at(
          stepped.stepCount() + 2, () -> stepped.ask("waits", model, letters("d".repeat(180), 5)));
      stepped.ask("first", model, letters("c".repeat(120), 30));

      requireDone(stepped, "first", "waits");
      assertThat(stepped.stepsOf("waits").getFirst())
          .isGreaterThan(stepped.stepsOf("first").getLast());
      requireNobodyParked(stepped);
      LoadedStatus status = stepped.engine.status().models().getFirst();
      assertThat(status.pinnedTokens()).as("it stays").isGreaterThan(200);
      assertThat(gauge(stepped, "llm_local_pinned_tokens")).isEqualTo(status.pinnedTokens());
      assertThat(gauge(stepped, "llm_local_prefix_tokens")).isEqualTo(status.keptTokens());
      assertThat(gauge(stepped, "llm_local_sequences")).isEqualTo(status.sequences()).isEqualTo(2);
    }
  }

  @Test
  void whatIsSharedWithOneInWorkNeedsRoomOnce() throws Exception {
    try (var stepped = engine()) {
      stepped.begin(model, () -> stepped.ask("first", model, letters("b".repeat(300), 60)));
      stepped.at(
          12, () -> stepped.ask("shares", model, letters("b".repeat(290) + "c".repeat(20), 5)));

      requireDone(stepped, "first", "shares");
      assertThat(stepped.voice("shares").cachedTokens()).isGreaterThan(280);
      assertThat(stepped.stepsOf("shares").getLast())
          .as("beside the first")
          .isLessThan(stepped.stepsOf("first").getLast());
      requireNobodyParked(stepped);
    }
  }
}
