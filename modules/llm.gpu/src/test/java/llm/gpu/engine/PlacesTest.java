package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import llm.core.telemetry.Log;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.llama.LlamaException;
import llm.gpu.memory.Residence;
import llm.gpu.schedule.Aside;
import llm.gpu.schedule.DeviceGuard;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: who may have a model in memory")
class PlacesTest {
  private final ManualClock clock = new ManualClock();
  private final ModelRunner first = runner("first");
  private final ModelRunner second = runner("second");
  private final ModelRunner third = runner("third");
  private final ModelRunner fourth = runner("fourth");

  /** One that was never started: it is used at the time it was made, and waking it does nothing. */
  private ModelRunner runner(String name) {
    clock.advance(Duration.ofSeconds(1));
    var telemetry = new RecordingTelemetry();
    Log log = telemetry.log("test");
    var metrics = new EngineMetrics(telemetry.metrics());
    EngineSettings settings = EngineFixture.free();
    LibrarySource none =
        () -> {
          throw new LlamaException("no library");
        };
    return new ModelRunner(
        Path.of(name),
        new Residence(),
        new ModelLoader(none, AdapterSource.NONE, settings, metrics, log, clock, () -> false),
        new Places(1, clock),
        new Serving.Common(
            settings, new DeviceGuard(_ -> {}), new Aside(1, log), clock, metrics, log, () -> 1),
        new ModelRunner.Host() {
          @Override
          public boolean retire(ModelRunner runner) {
            return true;
          }

          @Override
          public void ended(ModelRunner runner) {}

          @Override
          public void failure(Optional<String> reason) {}
        });
  }

  @Test
  void theLeastRecentlyUsedHolderIsAskedToYieldAndSinceWhen() {
    var places = new Places(2, clock);
    assertThat(places.enter(second)).isTrue();
    assertThat(places.enter(first)).isTrue();
    assertThat(places.enter(third)).isFalse();

    assertThat(places.yieldingSince(first)).contains(clock.nanoTime());
    assertThat(places.yieldingSince(second)).isEmpty();
  }

  @Test
  void askingAgainAsksNobodyElse() {
    var places = new Places(2, clock);
    places.enter(first);
    places.enter(second);
    places.enter(third);
    places.enter(third);

    assertThat(places.yieldingSince(second)).isEmpty();
    places.enter(fourth);
    assertThat(places.yieldingSince(second)).as("a second one waits").isPresent();
  }

  @Test
  void whoWaitsEntersInTheOrderTheyCame() {
    var places = new Places(1, clock);
    places.enter(first);
    places.enter(second);
    places.enter(third);
    places.leave(first);

    assertThat(places.enter(third)).as("it is not its turn").isFalse();
    assertThat(places.enterIfFree(fourth)).as("nor is it one that came now").isFalse();
    assertThat(places.enter(second)).isTrue();
    assertThat(places.enter(third)).isFalse();
    places.leave(second);
    assertThat(places.enter(third)).isTrue();
  }

  @Test
  void oneThatComesInWhileOthersWaitIsAskedToYieldAtOnce() {
    var places = new Places(1, clock);
    places.enter(first);
    places.enter(second);
    places.leave(first);
    assertThat(places.enter(first)).as("it waits behind the other").isFalse();
    assertThat(places.enter(second)).isTrue();

    assertThat(places.yieldingSince(second)).as("nobody would ask it later").isPresent();
  }

  @Test
  void oneThatWasThereBeforeIsAskedRatherThanOneThatHasJustComeIn() {
    var places = new Places(2, clock);
    places.enter(fourth);
    places.enter(third);
    places.enter(first);
    places.leave(third);
    places.enter(second);
    assertThat(places.enter(first)).isTrue();

    assertThat(places.yieldingSince(fourth)).isPresent();
    assertThat(places.yieldingSince(first)).isEmpty();
  }

  @Test
  void aHolderIsUnaskedWhenTheOneThatWaitedFindsAnotherPlace() {
    var places = new Places(2, clock);
    places.enter(first);
    places.enter(second);
    places.enter(third);
    assertThat(places.yieldingSince(first)).isPresent();
    places.leave(second);
    assertThat(places.enter(third)).isTrue();

    assertThat(places.yieldingSince(first)).isEmpty();
  }

  @Test
  void aHolderIsUnaskedWhenTheOneThatWaitedLeaves() {
    var places = new Places(1, clock);
    places.enter(first);
    places.enter(second);
    assertThat(places.yieldingSince(first)).isPresent();
    places.leave(second);

    assertThat(places.yieldingSince(first)).isEmpty();
    assertThat(places.enter(first)).as("it has its place still").isTrue();
  }

  @Test
  void oneThatWaitsForNoneTakesNothingFromThoseThatDo() {
    var places = new Places(1, clock);

    assertThat(places.enterIfFree(first)).isTrue();
    assertThat(places.enterIfFree(first)).as("it holds it").isTrue();
    assertThat(places.enterIfFree(second)).isFalse();
    assertThat(places.yieldingSince(first)).as("nobody waits").isEmpty();
    places.leave(first);
    assertThat(places.enterIfFree(second)).isTrue();
  }
}
