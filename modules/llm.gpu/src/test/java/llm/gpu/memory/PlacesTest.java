package llm.gpu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import llm.core.testkit.ManualClock;
import llm.gpu.memory.Places.Evicts;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("P-1: who may have a model in memory")
class PlacesTest {
  private static final long TOTAL = 100L << 30;
  private static final MemoryBudget EVERYTHING =
      new MemoryBudget(MemorySettings.DEFAULT, Optional::empty, Optional::empty);

  private final ManualClock clock = new ManualClock();
  private final Model first = model("first");
  private final Model second = model("second");
  private final Model third = model("third");
  private final Model fourth = model("fourth");

  /** A model that is never loaded, was last used when it was made, and waits for nothing. */
  private static final class Model implements Tenant {
    private final String name;
    private final long madeNanos;
    private ModelNeed need = ModelNeed.NONE;
    private boolean takesPlace = true;

    private Model(String name, long madeNanos) {
      this.name = name;
      this.madeNanos = madeNanos;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public ModelNeed need() {
      return need;
    }

    @Override
    public boolean takesPlace() {
      return takesPlace;
    }

    @Override
    public boolean isResident() {
      return false;
    }

    @Override
    public boolean isBusy() {
      return true;
    }

    @Override
    public long lastUseNanos() {
      return madeNanos;
    }

    @Override
    public void wake() {}
  }

  private Model model(String name) {
    clock.advance(Duration.ofSeconds(1));
    return new Model(name, clock.nanoTime());
  }

  /** A graphics processor that is looked at when the test says so. */
  private static final class Watched implements DeviceMemory {
    private long availableBytes = TOTAL;
    private long lookedNanos;

    @Override
    public Optional<MemoryReading> reading() {
      return Optional.of(new MemoryReading("VRAM", TOTAL, availableBytes));
    }

    @Override
    public boolean isSince(long nanos) {
      return lookedNanos - nanos >= 0;
    }

    private void look(long nanos, long available) {
      lookedNanos = nanos;
      availableBytes = available;
    }
  }

  private static void needs(Model model, long bytes) {
    var weights = new ModelNeed.Parts(bytes, 0, 0);
    model.need = new ModelNeed(ModelNeed.Parts.NONE, weights, 0);
  }

  private Places places(int capacity) {
    return new Places(capacity, EVERYTHING, clock);
  }

  private Places onGpu(Watched gpu) {
    gpu.look(clock.nanoTime(), TOTAL);
    var budget = new MemoryBudget(MemorySettings.DEFAULT, Optional::empty, gpu);
    return new Places(2, budget, clock);
  }

  @Test
  void nothingIsSaidByAReadingThatIsOlderThanTheLastUnload() {
    var gpu = new Watched();
    var places = onGpu(gpu);
    needs(first, TOTAL / 10 * 6);
    needs(second, TOTAL / 10 * 6);
    assertThat(places.enter(first, Evicts.OTHERS)).isTrue();
    places.moves(first);
    clock.advance(Duration.ofSeconds(1));
    gpu.look(clock.nanoTime(), TOTAL / 10 * 4);
    clock.advance(Duration.ofSeconds(1));
    places.leave(first);

    assertThat(places.isUnsettled(second)).isTrue();
    assertThat(places.refusal(second, Evicts.NONE)).as("the first is seen still").isEmpty();
    assertThat(places.enterIfFree(second)).isEqualTo(Places.Entry.UNSETTLED);
    assertThat(places.enter(second, Evicts.IDLE)).isFalse();
    gpu.look(clock.nanoTime(), TOTAL);
    assertThat(places.isUnsettled(second)).isFalse();
    assertThat(places.enter(second, Evicts.IDLE)).isTrue();
  }

  @Test
  void nobodyComesIntoMemoryThatALoadHasTakenSinceItWasLookedAt() {
    var gpu = new Watched();
    var places = onGpu(gpu);
    assertThat(places.enter(first, Evicts.OTHERS)).isTrue();
    places.moves(first);
    clock.advance(Duration.ofSeconds(1));
    places.moved(first);
    needs(second, TOTAL / 10 * 6);

    assertThat(places.enterIfFree(second))
        .as("by what was seen before")
        .isEqualTo(Places.Entry.UNSETTLED);
    assertThat(places.refusal(second, Evicts.NONE)).isEmpty();
    gpu.look(clock.nanoTime(), TOTAL / 10 * 4);
    assertThat(places.refusal(second, Evicts.NONE)).isPresent();
  }

  @Test
  void whileAModelComesNobodyIsRefusedOrAskedToYield() {
    var gpu = new Watched();
    var places = onGpu(gpu);
    needs(first, TOTAL / 10 * 5);
    needs(second, TOTAL / 10 * 4);
    assertThat(places.enter(first, Evicts.OTHERS)).isTrue();
    places.moves(first);
    gpu.look(clock.nanoTime(), TOTAL / 10 * 5); // it has taken all of it, and comes still

    assertThat(places.refusal(second, Evicts.NONE)).isEmpty();
    assertThat(places.enter(second, Evicts.OTHERS)).isFalse();
    assertThat(places.yieldingSince(first)).isEmpty();
    places.moved(first);
    needs(first, 0); // by the reading alone, as of one that is there
    assertThat(places.enter(second, Evicts.OTHERS)).isTrue();
  }

  @Test
  void theLeastRecentlyUsedHolderIsAskedToYieldAndSinceWhen() {
    var places = places(2);
    assertThat(places.enter(second, Evicts.OTHERS)).isTrue();
    assertThat(places.enter(first, Evicts.OTHERS)).isTrue();
    assertThat(places.enter(third, Evicts.OTHERS)).isFalse();

    assertThat(places.yieldingSince(first)).contains(clock.nanoTime());
    assertThat(places.yieldingSince(second)).isEmpty();
  }

  @Test
  void askingAgainAsksNobodyElse() {
    var places = places(2);
    places.enter(first, Evicts.OTHERS);
    places.enter(second, Evicts.OTHERS);
    places.enter(third, Evicts.OTHERS);
    places.enter(third, Evicts.OTHERS);

    assertThat(places.yieldingSince(second)).isEmpty();
    places.enter(fourth, Evicts.OTHERS);
    assertThat(places.yieldingSince(second)).as("a second one waits").isPresent();
  }

  @Test
  void oneThatTakesNoPlaceComesInBesideAllThatThereAreAndNobodyLeavesForIt() {
    var places = places(1);
    second.takesPlace = false;
    places.enter(first, Evicts.OTHERS);

    assertThat(places.refusal(second, Evicts.IDLE)).as("all places are busy").isEmpty();
    assertThat(places.enterIfFree(second)).isEqualTo(Places.Entry.ENTERED);
    places.leave(second);
    assertThat(places.enter(second, Evicts.OTHERS)).isTrue();
    assertThat(places.yieldingSince(first)).isEmpty();
  }

  @Test
  void oneThatTakesNoPlaceLeavesNoneToOthers() {
    var places = places(1);
    first.takesPlace = false;
    places.enter(first, Evicts.OTHERS);
    assertThat(places.enter(second, Evicts.OTHERS)).as("the place is free").isTrue();
    assertThat(places.refusal(third, Evicts.IDLE).orElseThrow())
        .contains("second")
        .doesNotContain("first");
    assertThat(places.enter(third, Evicts.OTHERS)).isFalse();

    assertThat(places.yieldingSince(first)).as("used least recently").isEmpty();
    assertThat(places.yieldingSince(second)).isPresent();
  }

  @Test
  void oneThatTakesNoPlaceTakesMemory() {
    var gpu = new Watched();
    var places = onGpu(gpu);
    first.takesPlace = false;
    needs(first, TOTAL / 10 * 6);
    needs(second, TOTAL / 10 * 6);
    places.enter(first, Evicts.OTHERS);
    assertThat(places.enter(second, Evicts.OTHERS)).isFalse();

    assertThat(places.yieldingSince(first)).isPresent();
    places.leave(first);
    assertThat(places.enter(second, Evicts.OTHERS)).isTrue();
    assertThat(places.enter(first, Evicts.OTHERS)).isFalse();
    assertThat(places.yieldingSince(second)).as("for its memory").isPresent();
  }

  @Test
  void whoWaitsEntersInTheOrderTheyCame() {
    var places = places(1);
    places.enter(first, Evicts.OTHERS);
    places.enter(second, Evicts.OTHERS);
    places.enter(third, Evicts.OTHERS);
    places.leave(first);

    assertThat(places.enter(third, Evicts.OTHERS)).as("it is not its turn").isFalse();
    assertThat(places.enterIfFree(fourth))
        .as("nor is it one that came now")
        .isEqualTo(Places.Entry.FULL);
    assertThat(places.enter(second, Evicts.OTHERS)).isTrue();
    assertThat(places.enter(third, Evicts.OTHERS)).isFalse();
    places.leave(second);
    assertThat(places.enter(third, Evicts.OTHERS)).isTrue();
  }

  @Test
  void oneThatComesInWhileOthersWaitIsAskedToYieldAtOnce() {
    var places = places(1);
    places.enter(first, Evicts.OTHERS);
    places.enter(second, Evicts.OTHERS);
    places.leave(first);
    assertThat(places.enter(first, Evicts.OTHERS)).as("it waits behind the other").isFalse();
    assertThat(places.enter(second, Evicts.OTHERS)).isTrue();

    assertThat(places.yieldingSince(second)).as("nobody would ask it later").isPresent();
  }

  @Test
  void oneThatWasThereBeforeIsAskedRatherThanOneThatHasJustComeIn() {
    var places = places(2);
    places.enter(fourth, Evicts.OTHERS);
    places.enter(third, Evicts.OTHERS);
    places.enter(first, Evicts.OTHERS);
    places.leave(third);
    places.enter(second, Evicts.OTHERS);
    assertThat(places.enter(first, Evicts.OTHERS)).isTrue();

    assertThat(places.yieldingSince(fourth)).isPresent();
    assertThat(places.yieldingSince(first)).isEmpty();
  }

  @Test
  void aHolderIsUnaskedWhenTheOneThatWaitedFindsAnotherPlace() {
    var places = places(2);
    places.enter(first, Evicts.OTHERS);
    places.enter(second, Evicts.OTHERS);
    places.enter(third, Evicts.OTHERS);
    assertThat(places.yieldingSince(first)).isPresent();
    places.leave(second);
    assertThat(places.enter(third, Evicts.OTHERS)).isTrue();

    assertThat(places.yieldingSince(first)).isEmpty();
  }

  @Test
  void aHolderIsUnaskedWhenTheOneThatWaitedLeaves() {
    var places = places(1);
    places.enter(first, Evicts.OTHERS);
    places.enter(second, Evicts.OTHERS);
    assertThat(places.yieldingSince(first)).isPresent();
    places.leave(second);

    assertThat(places.yieldingSince(first)).isEmpty();
    assertThat(places.enter(first, Evicts.OTHERS)).as("it has its place still").isTrue();
  }

  @Test
  void oneThatWaitsForNoneTakesNothingFromThoseThatDo() {
    var places = places(1);

    assertThat(places.enterIfFree(first)).isEqualTo(Places.Entry.ENTERED);
    assertThat(places.enterIfFree(first)).as("it holds it").isEqualTo(Places.Entry.ENTERED);
    assertThat(places.enterIfFree(second)).isEqualTo(Places.Entry.FULL);
    assertThat(places.yieldingSince(first)).as("nobody waits").isEmpty();
    places.leave(first);
    assertThat(places.enterIfFree(second)).isEqualTo(Places.Entry.ENTERED);
  }
}
