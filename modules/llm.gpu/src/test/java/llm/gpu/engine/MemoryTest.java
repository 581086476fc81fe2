package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("T-6: models in memory that does not suffice for all")
class MemoryTest {
  private static final double MEGABYTE = 1 << 20;

  @TempDir static Path folder;
  private static Path first;
  private static Path second;
  private static Path large;

  @BeforeAll
  static void write() {
    TestFiles.library();
    first = TinyModel.plain(512).writeTo(folder.resolve("first.gguf"));
    second = TinyModel.plain(512).writeTo(folder.resolve("second.gguf"));
    large = TinyModel.plain(8192).writeTo(folder.resolve("large.gguf"));
  }

  /** Several places, and the memory of {@code budget} bytes. */
  private static SteppedEngine engine(long budget) {
    var base = settings(new Slots(2, 1), 0, new Prefixes(4, -1), 4);
    return new SteppedEngine(base.withMemory(base.memory().withBudget(budget)));
  }

  /** What a load of {@code model} takes, by llama.cpp. */
  private static long taken(Path model) throws Exception {
    try (var stepped = engine(0)) {
      stepped.ask("one", model, letters("m", 1));
      stepped.end("one");
      return stepped.telemetry.events().stream()
          .filter(event -> event.name().equals("model_load_finish"))
          .map(event -> event.fields().get("bytes"))
          .mapToLong(bytes -> Long.parseLong(bytes.toString()))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void ofTwoUnderABudgetForOneTheIdleOneLeaves() throws Exception {
    long one = taken(first);
    try (var stepped = engine(one * 3 / 2)) {
      stepped.ask("a", first, letters("m", 5));
      stepped.end("a");
      stepped.ask("b", second, letters("m", 5));
      assertThat(stepped.end("b").text()).isEqualTo("aaaaa");

      assertThat(stepped.engine.status().models())
          .extracting(EngineStatus.LoadedStatus::name)
          .containsExactly("second.gguf");
    }
  }

  @Test
  void ofSeveralIdleOnesTheOneUsedLeastRecentlyLeavesAndNoMoreThanNeeded() throws Exception {
    Path third = TinyModel.plain(512).writeTo(folder.resolve("third.gguf"));
    long one = taken(first);
    try (var stepped = engine(one * 5 / 2)) {
      for (Path model : List.of(first, second, first, third)) {
        stepped.clock.advance(Duration.ofSeconds(1));
        String name = model.getFileName().toString() + stepped.stepCount();
        stepped.ask(name, model, letters("m", 2));
        assertThat(stepped.end(name).text()).isEqualTo("aa");
      }
      assertThat(stepped.engine.status().models())
          .extracting(EngineStatus.LoadedStatus::name)
          .containsExactlyInAnyOrder("first.gguf", "third.gguf");
      assertThat(stepped.telemetry.metrics().prometheusText())
          .contains("llm_local_model_unloads_total{reason=\"evicted\"} 1");
    }
  }

  @Test
  void underABudgetForBothTheyStay() throws Exception {
    long one = taken(first);
    try (var stepped = engine(one * 5 / 2)) {
      stepped.ask("a", first, letters("m", 5));
      stepped.end("a");
      stepped.ask("b", second, letters("m", 5));
      stepped.end("b");

      assertThat(stepped.engine.status().models()).hasSize(2);
    }
  }

  @Test
  void aBusyOneIsNotCutOffAndWhoNeedsItsMemoryWaits() throws Exception {
    long one = taken(first);
    try (var stepped = engine(one * 3 / 2)) {
      stepped.begin(
          first,
          () -> {
            stepped.ask("a", first, letters("m", 100));
            stepped.ask("b", second, letters("m", 5));
          });
      assertThat(stepped.end("b").text()).isEqualTo("aaaaa");
      assertThat(stepped.voice("a").text()).as("ended before").isEqualTo("a".repeat(100));
    }
  }

  @Test
  void whatFitsNeverIsRefusedWithNumbersThatAreRight() throws Exception {
    long need = taken(large);
    long one = taken(first);
    try (var stepped = engine(one * 3 / 2)) {
      stepped.ask("a", first, letters("m", 5));
      stepped.end("a");
      stepped.ask("b", large, letters("m", 5));
      var end = stepped.end("b").end();

      assertThat(end).isInstanceOf(StreamEvent.Failed.class);
      LlmError error = ((StreamEvent.Failed) end).error();
      assertThat(error).isInstanceOf(LlmError.ModelUnavailable.class);
      var said =
          Pattern.compile(
                  "Model large.gguf needs ([\\d.]+) MB \\(weights ([\\d.]+) \\+ KV ([\\d.]+) at 8192"
                      + " tokens \\+ compute ([\\d.]+)\\); ([\\d.]+) MB are free of ([\\d.]+) MB"
                      + " \\(memory_budget_mb\\); unload first.gguf \\(([\\d.]+) MB, idle\\), .*")
              .matcher(error.message());
      assertThat(error.message()).matches(said.pattern());
      said.matches();
      assertThat(Double.parseDouble(said.group(1)))
          .isCloseTo(need / MEGABYTE, within(0.1 * need / MEGABYTE));
      assertThat(stepped.engine.status().models())
          .as("nobody leaves for what does not fit anyway")
          .hasSize(1);
    }
  }
}
