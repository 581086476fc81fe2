package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelResidence.Place;
import llm.gpu.engine.Engine;
import llm.gpu.nvml.GpuWatch;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("T-6: memory of the models of a folder")
class LocalMemoryTest {
  private static final ModelName MODEL = new ModelName("one");

  @TempDir Path folder;
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private final CountDownLatch mayLoad = new CountDownLatch(1);
  private Engine engine;
  private LocalMemory memory;

  @BeforeEach
  void open() {
    TestFiles.library();
    TinyModel.plain(512).writeTo(folder.resolve("one.gguf"));
    var telemetry = new RecordingTelemetry();
    var settings =
        LocalSettings.read(
            TestConfig.yaml("providers: {local: {threads: 1, models_dir: " + folder + "}}")
                .section("providers.local"));
    engine =
        new Engine(
            settings.engine(),
            () -> {
              try {
                mayLoad.await();
              } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
              }
              return TestFiles.library();
            },
            telemetry,
            alarms,
            () -> 42);
    memory =
        new LocalMemory(
            new ModelCatalogue(settings, Optional.empty(), telemetry.log("test"), alarms.time()),
            engine,
            true,
            () -> GpuWatch.NOTHING);
  }

  @AfterEach
  void close() {
    mayLoad.countDown();
    engine.close();
    alarms.close();
  }

  @Test
  void whoStopsWaitingStopsNobodyElsesLoad() throws Exception {
    var change = memory.load(MODEL, OptionalInt.empty());
    var left = Calls.open(alarms);
    left.cancel(CancelReason.USER);
    var error = catchThrowableOfType(LlmException.class, () -> change.await(left)).error();
    assertThat(error).isEqualTo(new LlmError.Cancelled(CancelReason.USER));
    var late = Calls.open(alarms, Duration.ofMillis(1));
    error = catchThrowableOfType(LlmException.class, () -> change.await(late)).error();
    assertThat(error).isInstanceOf(LlmError.DeadlineExceeded.class);
    assertThat(error.message()).startsWith("The load of model 'one' did not end within its 1 ms");

    mayLoad.countDown();
    change.await(Calls.open(alarms));

    var now = memory.residence(MODEL).orElseThrow();
    assertThat(now.place()).isEqualTo(Place.LOADED);
    assertThat(now.takenBytes()).isPositive();
    assertThat(now.deviceBytes()).isZero();
    assertThat((double) now.takenBytes() / now.estimatedBytes()).isBetween(0.9, 1.1);
  }

  @Test
  void allModelsAreListedWithWhatTheyWouldTake() {
    var standing = memory.standing();

    assertThat(standing.models())
        .extracting(model -> model.model() + " " + model.place().wireName())
        .containsExactly("local unloaded", "one unloaded");
    assertThat(standing.models())
        .allSatisfy(model -> {
          assertThat(model.estimatedBytes()).isPositive();
          assertThat(model.takenBytes()).isZero();
          assertThat(model.arithmetic()).contains(" MB (weights ");
          assertThat(model.idle()).isEmpty();
        });
    assertThat(memory.residence(new ModelName("none"))).isEmpty();
  }

  @Test
  void whatIsNotThereIsRefused() {
    assertThatThrownBy(() -> memory.load(new ModelName("none"), OptionalInt.empty()))
        .isInstanceOf(LlmException.class)
        .hasMessageContaining("'none' does not exist");
    assertThatThrownBy(() -> memory.unload(new ModelName("none")))
        .hasMessageContaining("'none' does not exist");
    var window =
        catchThrowableOfType(LlmException.class, () -> memory.load(MODEL, OptionalInt.of(513)))
            .error();
    assertThat(window)
        .isEqualTo(
            new LlmError.InvalidRequest(
                Optional.of("context_tokens"),
                "context_tokens 513 must be 1 to 512, what model 'one' was trained for"));
  }
}
