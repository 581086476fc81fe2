package llm.gpu.engine;

import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.memory.DeviceMemory;
import llm.gpu.memory.MemoryReading;
import llm.gpu.memory.Residence;
import llm.gpu.memory.Residence.State;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("T-6: models that somebody loads and unloads")
class LoadingTest {
  private static final OptionalInt OWN = OptionalInt.empty();
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir static Path folder;
  private static Path first;
  private static Path second;

  @BeforeAll
  static void write() {
    TestFiles.library();
    first = TinyModel.plain(512).writeTo(folder.resolve("first.gguf"));
    second = TinyModel.plain(512).writeTo(folder.resolve("second.gguf"));
  }

  private static EngineSettings base(int places) {
    return settings(new Slots(2, 1), 0, new Prefixes(4, -1), places);
  }

  private static void get(CompletableFuture<Void> done) throws Exception {
    done.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static void awaitUntil(BooleanSupplier condition) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - until).as("time is over").isNegative();
      Thread.onSpinWait();
    }
  }

  /** Acts while {@code model} writes an answer, which that does not disturb. */
  private static void whileAnswering(SteppedEngine stepped, Path model, SteppedEngine.Action action)
      throws Exception {
    stepped.begin(
        model,
        () -> {
          stepped.ask("a", model, letters("m", 50));
          action.run();
        });
    assertThat(stepped.end("a").text()).isEqualTo("a".repeat(50));
  }

  private static EngineSettings leavingAfter(Duration idle) {
    return base(2).withMemory(base(2).memory().withIdleUnload(idle));
  }

  private static State stateOf(SteppedEngine stepped, Path model) {
    return stepped.engine.standing(model).residence().state();
  }

  @Test
  void oneThatIsToComeByItselfIsNotForgottenWhenTheMemoryIsLookedAtMeanwhile() throws Exception {
    var asked = new AtomicInteger();
    var watched =
        new DeviceMemory() {
          @Override
          public Optional<MemoryReading> reading() {
            return Optional.empty();
          }

          @Override
          public boolean isSince(long nanos) {
            int times = asked.incrementAndGet();
            return times == 1 || times > 6; // the look begins behind the first question
          }
        };
    var telemetry = new RecordingTelemetry();
    try (var engine =
        new Engine(
            base(1),
            TestFiles::library,
            AdapterSource.NONE,
            _ -> true,
            watched,
            telemetry,
            new ManualClock(),
            () -> 42)) {
      engine.warm(first);
      awaitUntil(() -> telemetry.trail().contains("model_load_finish"));
    }
    assertThat(asked.get()).isGreaterThan(6);
  }

  @Test
  void severalCallersShareOneLoad() throws Exception {
    try (var stepped = new SteppedEngine(base(2))) {
      var one = stepped.engine.load(first, OWN);
      var other = stepped.engine.load(first, OWN);
      get(one);
      get(other);
      get(stepped.engine.load(first, OWN));

      assertThat(stepped.telemetry.trail().stream().filter("model_load_start"::equals)).hasSize(1);
      var now = stepped.engine.standing(first).residence();
      assertThat(now.state()).isEqualTo(State.LOADED);
      assertThat(now.progress()).isEqualTo(1);
      assertThat(now.contextTokens()).isEqualTo(512);
      assertThat(now.need().orElseThrow().total()).isPositive();
    }
  }

  @Test
  void anUnloadedModelIsLoadedAgainByTheNextRequest() throws Exception {
    try (var stepped = new SteppedEngine(base(2))) {
      get(stepped.engine.load(first, OWN));
      get(stepped.engine.unload(first));
      assertThat(stateOf(stepped, first)).isEqualTo(State.UNLOADED);
      assertThat(stepped.engine.status().models()).isEmpty();
      get(stepped.engine.unload(first));

      stepped.ask("a", first, letters("m", 3));
      assertThat(stepped.end("a").text()).isEqualTo("aaa");
    }
  }

  @Test
  void anUnloadWaitsForWhatCameBefore() throws Exception {
    try (var stepped = new SteppedEngine(base(2))) {
      var gone = new AtomicReference<CompletableFuture<Void>>();
      whileAnswering(
          stepped,
          first,
          () -> {
            gone.set(stepped.engine.unload(first));
            stepped.clock.advance(Duration.ofSeconds(1));
            stepped.ask("later", first, letters("m", 3));
          });
      get(gone.get());
      assertThat(stepped.end("later").text()).as("by a second load").isEqualTo("aaa");
      assertThat(stepped.telemetry.trail().stream().filter("model_load_start"::equals)).hasSize(2);
    }
  }

  @Test
  void aLoadIsRefusedRatherThanABusyModelEvicted() throws Exception {
    try (var stepped = new SteppedEngine(base(1))) {
      var asked = new AtomicReference<CompletableFuture<Void>>();
      var refused = new AtomicReference<Throwable>();
      whileAnswering(
          stepped,
          first,
          () -> {
            asked.set(stepped.engine.load(second, OWN));
            asked
                .get()
                .exceptionally(why -> {
                  refused.set(why);
                  return null;
                });
            awaitUntil(() -> asked.get().isDone());
          });

      assertThat(refused.get())
          .isInstanceOf(Residence.Unmet.class)
          .hasMessageContaining("Model second.gguf has no place")
          .hasMessageContaining("all are busy: first.gguf");
      assertThat(stepped.engine.standing(second).residence().failure()).isPresent();
      assertThat(stepped.engine.status().failure()).as("nothing is broken").isEmpty();
      get(stepped.engine.load(second, OWN));
      assertThat(stateOf(stepped, first)).as("it was idle").isEqualTo(State.UNLOADED);
    }
  }

  @Test
  void ofTwoLoadsThatAskForOneIdleModelsPlaceTheLaterIsRefusedAndNoBusyModelLeaves()
      throws Exception {
    Path third = TinyModel.plain(512).writeTo(folder.resolve("third.gguf"));
    Path fourth = TinyModel.plain(512).writeTo(folder.resolve("fourth.gguf"));
    try (var stepped = new SteppedEngine(base(2))) {
      get(stepped.engine.load(first, OWN));
      var asked = new ArrayList<CompletableFuture<Void>>();
      whileAnswering(
          stepped,
          second,
          () -> {
            asked.add(stepped.engine.load(third, OWN));
            asked.add(stepped.engine.load(fourth, OWN));
            awaitUntil(() -> asked.stream().anyMatch(CompletableFuture::isDone));
          });
      CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
          .handle((_, _) -> "")
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

      assertThat(asked.stream().filter(CompletableFuture::isCompletedExceptionally)).hasSize(1);
      assertThat(stateOf(stepped, first)).isEqualTo(State.UNLOADED);
      assertThat(stateOf(stepped, second)).as("it was busy").isEqualTo(State.LOADED);
    }
  }

  @Test
  void aLoadThatIsAskedForDuringAnUnloadComesAfterIt() throws Exception {
    try (var stepped = new SteppedEngine(base(2))) {
      var asked = new ArrayList<CompletableFuture<Void>>();
      whileAnswering(
          stepped,
          first,
          () -> {
            asked.add(stepped.engine.unload(first));
            asked.add(stepped.engine.load(first, OptionalInt.of(128)));
          });
      get(asked.get(0));
      get(asked.get(1));

      var now = stepped.engine.standing(first).residence();
      assertThat(now.state()).isEqualTo(State.LOADED);
      assertThat(now.contextTokens()).isEqualTo(128);
    }
  }

  @Test
  void anUnloadThatIsAskedForAgainTakesTheLoadBetweenBack() throws Exception {
    try (var stepped = new SteppedEngine(base(2))) {
      var asked = new ArrayList<CompletableFuture<Void>>();
      whileAnswering(
          stepped,
          first,
          () -> {
            stepped.engine.unload(first);
            asked.add(stepped.engine.load(first, OWN));
            asked.add(stepped.engine.unload(first));
          });
      get(asked.get(1));

      assertThatThrownBy(() -> get(asked.get(0))).hasCauseInstanceOf(Residence.Unmet.class);
      assertThat(stateOf(stepped, first)).isEqualTo(State.UNLOADED);
    }
  }

  @Test
  void memoryOfABusyModelIsNotTakenEither() throws Exception {
    long one;
    try (var stepped = new SteppedEngine(base(2))) {
      get(stepped.engine.load(first, OWN));
      one = stepped.engine.standing(first).residence().need().orElseThrow().total();
    }
    var tight = base(2).withMemory(base(2).memory().withBudget(one * 3 / 2));
    try (var stepped = new SteppedEngine(tight)) {
      var asked = new AtomicReference<CompletableFuture<Void>>();
      whileAnswering(
          stepped,
          first,
          () -> {
            asked.set(stepped.engine.load(second, OWN));
            awaitUntil(() -> asked.get().isDone());
          });
      assertThatThrownBy(() -> get(asked.get()))
          .hasCauseInstanceOf(Residence.Unmet.class)
          .hasMessageContaining("(memory_budget_mb); unload first.gguf (")
          .hasMessageContaining(", busy)");
    }
  }

  @Test
  void anUnloadEndsALoadUnderWay() throws Exception {
    var engine = new AtomicReference<Engine>();
    var telemetry = new RecordingTelemetry();
    LibrarySource meanwhile =
        () -> {
          engine.get().unload(first); // on the engine's thread, as its load begins
          return TestFiles.library();
        };
    engine.set(new Engine(base(2), meanwhile, telemetry, new ManualClock(), () -> 42));
    try (Engine closed = engine.get()) {
      assertThatThrownBy(() -> get(closed.load(first, OWN)))
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("ended by a request to unload");
      assertThat(closed.standing(first).residence().state()).isEqualTo(State.UNLOADED);
      assertThat(closed.status().models()).isEmpty();
      get(closed.load(first, OWN));
    }
  }

  @Test
  void aModelIsLoadedWithTheWindowThatWasAskedForUntilItLeaves() throws Exception {
    try (var stepped = new SteppedEngine(base(2))) {
      get(stepped.engine.load(first, OptionalInt.of(128)));
      assertThat(stepped.engine.standing(first).residence().contextTokens()).isEqualTo(128);
      assertThatThrownBy(() -> stepped.engine.load(first, OptionalInt.of(256)))
          .isInstanceOf(Residence.Unmet.class)
          .hasMessageContaining("128 context tokens, not 256; unload it first");
      get(stepped.engine.unload(first));
      get(stepped.engine.load(first, OWN));
      assertThat(stepped.engine.standing(first).residence().contextTokens()).isEqualTo(512);
    }
  }

  @Test
  void aModelThatNobodyAsksLeavesWhenItsTimeIsOver() throws Exception {
    try (var stepped = new SteppedEngine(leavingAfter(Duration.ofSeconds(10)))) {
      stepped.ask("a", first, letters("m", 3));
      stepped.end("a");
      stepped.clock.advance(Duration.ofSeconds(9));
      stepped.ask("b", first, letters("m", 3));
      stepped.end("b");
      stepped.clock.advance(Duration.ofSeconds(9));
      stepped.engine.unpin("nobody's"); // lets it look at the clock
      assertThat(stepped.engine.status().models()).hasSize(1);
      stepped.clock.advance(Duration.ofSeconds(1));
      stepped.engine.unpin("nobody's");
      awaitUntil(() -> stateOf(stepped, first) == State.UNLOADED);
      assertThat(stepped.telemetry.trail()).contains("model_unload");
    }
  }

  @Test
  void oneThatKeepsAPromptStaysUntilThatIsOver() throws Exception {
    try (var stepped = new SteppedEngine(leavingAfter(Duration.ofSeconds(10)))) {
      stepped.pin("kept", first, letters("m", 3), Duration.ofSeconds(30));
      stepped.end("kept");
      stepped.clock.advance(Duration.ofSeconds(20));
      stepped.ask("a", second, letters("m", 3)); // something to wait for
      stepped.engine.unpin("nobody's");
      stepped.end("a");
      assertThat(stateOf(stepped, first)).isEqualTo(State.LOADED);
      stepped.clock.advance(Duration.ofSeconds(10));
      stepped.engine.unpin("nobody's");
      awaitUntil(() -> stateOf(stepped, first) == State.UNLOADED);
    }
  }

  @Test
  void whatWaitsEndsWhenTheEngineCloses() throws Exception {
    var stepped = new SteppedEngine(base(2));
    get(stepped.engine.load(first, OWN));
    stepped.close();
    assertThatThrownBy(() -> stepped.engine.load(first, OWN)).hasMessageContaining("shutting down");
    assertThat(List.of(State.UNLOADED)).contains(stateOf(stepped, first));
  }
}
