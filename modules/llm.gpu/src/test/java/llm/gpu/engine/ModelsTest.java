package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("P-1: more models than places")
class ModelsTest {
  @TempDir static Path folder;
  private static List<Path> models;

  @BeforeAll
  static void write() {
    TestFiles.library();
    models = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      models.add(TinyModel.plain(512).writeTo(folder.resolve(name + ".gguf")));
    }
  }

  private static SteppedEngine engine(int interactive, int places) {
    return new SteppedEngine(settings(new Slots(interactive, 1), 0, new Prefixes(4, -1), places));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void requestsForThreeInTurnAreAllAnswered(int places) throws Exception {
    try (var stepped = engine(2, places)) {
      for (int i = 0; i < 12; i++) {
        stepped.ask("request " + i, models.get(i % 3), letters("m" + i, 20));
      }
      for (int i = 0; i < 12; i++) {
        assertThat(stepped.end("request " + i).text()).as("%d", i).isEqualTo("a".repeat(20));
      }
      assertThat(stepped.engine.status().models()).hasSizeLessThanOrEqualTo(places);
      assertThat(mostAtOnce(stepped)).isLessThanOrEqualTo(places);
    }
  }

  @Test
  void whoCameBeforeIsServedBeforeTheModelIsChangedAndNoAnswerIsCut() throws Exception {
    try (var stepped = engine(1, 1)) {
      stepped.ask("a1", models.get(0), letters("m", 60));
      stepped.at(
          5,
          () -> {
            stepped.ask("a2", models.get(0), letters("n", 60));
            stepped.clock.advance(Duration.ofSeconds(1));
            stepped.ask("b1", models.get(1), letters("o", 10));
            stepped.ask("a3", models.get(0), letters("p", 10));
          });

      stepped.end("a1");
      for (String last : List.of("b1", "a3")) {
        assertThat(stepped.end(last).text()).isEqualTo("a".repeat(10));
      }
      assertThat(stepped.voice("a1").text()).isEqualTo("a".repeat(60));
      assertThat(stepped.voice("a2").text()).isEqualTo("a".repeat(60));
      List<String> trail =
          stepped.telemetry.events().stream()
              .filter(event -> event.name().matches("generation_end|model_unload"))
              .map(event -> event.text("request_id").or(() -> event.text("model")).orElseThrow())
              .toList();
      assertThat(trail.subList(0, 2)).containsExactly("a1", "a2");
      assertThat(trail.indexOf("b1")).isGreaterThan(trail.indexOf("a.gguf"));
    }
  }

  /** The most models that were in memory together, by the log. */
  private static int mostAtOnce(SteppedEngine stepped) {
    int now = 0;
    int most = 0;
    for (String name : stepped.telemetry.trail()) {
      now += name.equals("model_load_start") ? 1 : name.equals("model_unload") ? -1 : 0;
      most = Math.max(most, now);
    }
    return most;
  }
}
