package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.BATCH;
import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import llm.domain.call.CancelReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.gpu.llama.LlamaException;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.testmodel.TinyModel.Damage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: what is cancelled or fails ends itself within a step and nothing else")
class StoppingTest {
  @TempDir static Path folder;
  private static Path model;
  private static Path other;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("stopping.gguf"));
    other = TinyModel.plain(1024).withSeed(2).writeTo(folder.resolve("other.gguf"));
  }

  private static StreamEvent.Cancelled cancelled(CancelReason reason, int promptTokens) {
    return new StreamEvent.Cancelled(reason, Usage.of(promptTokens, 0));
  }

  @Test
  void aPromptThatIsCancelledInTheMiddleIsReadNoFurther() throws Exception {
    try (var stepped = new SteppedEngine(settings(2, 1))) {
      stepped.ask("long", model, letters("m".repeat(900), 5));
      stepped.at(3, () -> stepped.voice("long").call().cancel(CancelReason.USER));

      assertThat(stepped.end("long").end()).isEqualTo(cancelled(CancelReason.USER, 3 * BATCH));
      assertThat(stepped.stepCount()).isEqualTo(3);
      stepped.ask("again", model, letters("m".repeat(900), 5));
      assertThat(stepped.end("again").cachedTokens()).as("what was read").isEqualTo(3 * BATCH);
    }
  }

  @Test
  void aStepThatNobodyWaitsForIsAborted() throws Exception {
    try (var stepped = new SteppedEngine(settings(2, 1))) {
      var whileComputed = new AtomicInteger();
      stepped.ask(
          "long",
          model,
          letters("m".repeat(900), 5),
          call ->
              new AskedCall(
                  call,
                  () -> {
                    if (stepped.stepCount() == 2 && whileComputed.incrementAndGet() == 20) {
                      call.cancel(CancelReason.USER);
                    }
                  }));

      assertThat(stepped.end("long").end()).isEqualTo(cancelled(CancelReason.USER, 2 * BATCH));
      assertThat(stepped.stepCount()).as("the third was not computed to its end").isEqualTo(2);
      stepped.ask("again", model, letters("m".repeat(900), 5));
      assertThat(stepped.end("again").cachedTokens()).as("its memory was dropped").isZero();
      assertThat(stepped.voice("again").text()).isEqualTo("aaaaa");
    }
  }

  @Test
  void aStepThatAnotherWaitsForIsComputedToItsEnd() throws Exception {
    try (var stepped = new SteppedEngine(settings(2, 1))) {
      var whileComputed = new AtomicInteger();
      stepped.begin(
          model,
          () -> {
            stepped.ask("stays", model, letters("n".repeat(900), 5));
            stepped.ask(
                "leaves",
                model,
                letters("m".repeat(200), 5),
                call ->
                    new AskedCall(
                        call,
                        () -> {
                          if (stepped.stepCount() == 2 && whileComputed.incrementAndGet() == 20) {
                            call.cancel(CancelReason.USER);
                          }
                        }));
          });

      assertThat(stepped.end("stays").text()).isEqualTo("aaaaa");
      assertThat(stepped.end("leaves").end()).isInstanceOf(StreamEvent.Cancelled.class);
    }
  }

  @Test
  void closingAbortsTheStepAndEndsWhatRunsAndWhatWaits() throws Exception {
    try (var stepped = new SteppedEngine(settings(1, 1))) {
      var whileComputed = new AtomicInteger();
      stepped.ask(
          "long",
          model,
          letters("m".repeat(900), 5),
          call ->
              new AskedCall(
                  call,
                  () -> {
                    if (stepped.stepCount() == 2 && whileComputed.incrementAndGet() == 20) {
                      Thread.ofPlatform().start(stepped.engine::close);
                      stepped.end("waits"); // it ends first
                    }
                  }));
      stepped.at(2, () -> stepped.ask("waits", model, letters("n", 5)));

      assertThat(stepped.end("long").end()).isEqualTo(cancelled(CancelReason.SHUTDOWN, 2 * BATCH));
      assertThat(stepped.end("waits").end())
          .isEqualTo(new StreamEvent.Cancelled(CancelReason.SHUTDOWN, Usage.NONE));
      assertThat(stepped.stepCount()).isEqualTo(2);
    }
  }

  @Test
  void aModelThatComputesNonsenseFailsItsOwnRequestsOnly() throws Exception {
    Path damaged =
        TinyModel.plain(64).with(Damage.NAN_WEIGHTS).writeTo(folder.resolve("damaged.gguf"));
    var two = settings(new EngineSettings.Slots(4, 1), 0, new EngineSettings.Prefixes(4, -1), 2);
    try (var stepped = new SteppedEngine(two)) {
      stepped.ask("sound", model, letters("n", 300));
      stepped.at(5, () -> stepped.ask("bad", damaged, EngineFixture.request("a", 5)));

      assertThat(stepped.end("bad").end())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed -> {
                assertThat(failed.error()).isInstanceOf(LlmError.ProviderFailed.class);
                assertThat(failed.error().message()).contains("file is damaged");
              });
      assertThat(stepped.end("sound").text()).isEqualTo("a".repeat(300));
    }
  }

  @Test
  void whatLlamaCppDeclinesEndsTheModelsRequestsAndTheNextOneLoadsItAnew() throws Exception {
    endsOnlyTheModelsRequests(new LlamaException("llama.cpp could not compute the batch (-3)."));
  }

  @Test
  void aBugEndsTheModelsRequestsAndTheNextOneLoadsItAnew() throws Exception {
    endsOnlyTheModelsRequests(new IllegalStateException("a bug"));
  }

  private static void endsOnlyTheModelsRequests(Exception fault) throws Exception {
    var two = settings(new EngineSettings.Slots(4, 1), 0, new EngineSettings.Prefixes(4, -1), 2);
    try (var stepped = new SteppedEngine(two)) {
      stepped.begin(
          model,
          () -> {
            stepped.ask("one", model, letters("m".repeat(300), 100));
            stepped.ask("two", model, letters("n", 100));
          });
      stepped.failAt(4, fault);

      assertThat(stepped.end("one").end()).isInstanceOf(StreamEvent.Failed.class);
      assertThat(stepped.end("two").end()).isInstanceOf(StreamEvent.Failed.class);
      stepped.ask("beside", other, letters("o", 10));
      stepped.ask("three", model, letters("m".repeat(300), 10));
      assertThat(stepped.end("three").text()).isEqualTo("a".repeat(10));
      assertThat(stepped.end("three").cachedTokens()).as("nothing is kept").isZero();
      assertThat(stepped.end("beside").text()).isEqualTo("a".repeat(10));
      assertThat(
              stepped.telemetry.events("model_load_finish").stream()
                  .map(event -> event.text("model").orElseThrow())
                  .collect(Collectors.groupingBy(name -> name, Collectors.counting())))
          .containsEntry("stopping.gguf", 2L)
          .containsEntry("other.gguf", 1L);
    }
  }
}
