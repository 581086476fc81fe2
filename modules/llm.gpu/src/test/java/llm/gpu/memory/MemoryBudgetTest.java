package llm.gpu.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import llm.gpu.memory.ModelNeed.Parts;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("T-6: whether one more model fits")
class MemoryBudgetTest {
  private static final long MB = 1 << 20;

  private record Other(String name, ModelNeed need, boolean isResident, boolean isBusy)
      implements Held {}

  private static ModelNeed host(long megabytes) {
    return new ModelNeed(new Parts(megabytes * MB, 0, 0), Parts.NONE, 0);
  }

  private static Optional<MemoryReading> reading(String name, long total, long available) {
    return Optional.of(new MemoryReading(name, total * MB, available * MB));
  }

  private static MemorySettings settings(long budget, int ram, long reserve) {
    return new MemorySettings(
        budget * MB, ram, reserve * MB, 0, 90, 512 * MB, -1, java.time.Duration.ZERO);
  }

  @Test
  void theRefusalIsTheWholeArithmetic() {
    var budget =
        new MemoryBudget(settings(0, 90, 512), () -> reading("RAM", 8000, 1300), Optional::empty);
    var need = new ModelNeed(new Parts(600 * MB, 180 * MB, 32 * MB), Parts.NONE, 4096);
    var idle = new Other("y.gguf", host(300), true, false);
    var busy = new Other("z.gguf", host(20), true, true);

    assertThat(budget.beside(List.of(idle, busy)).refusal("x.gguf", need, List.of()))
        .contains(
            "Model x.gguf needs 812 MB (weights 600 + KV 180 at 4096 tokens + compute 32); 500 MB"
                + " are free of 8000 MB RAM (limit 90 %, reserve 512 MB); unload y.gguf (300 MB,"
                + " idle), z.gguf (20 MB, busy), lower providers.local.context_tokens or"
                + " pool_tokens, or raise the limit.");
  }

  @Test
  void whatADraftModelTakesIsPartOfTheArithmetic() {
    var main = new ModelNeed(new Parts(600 * MB, 180 * MB, 32 * MB), Parts.NONE, 4096);
    var draft = new ModelNeed(new Parts(60 * MB, 20 * MB, 20 * MB), Parts.NONE, 8192).ofDraft();

    assertThat(main.plus(draft).text())
        .isEqualTo(
            "912 MB (weights 660 + KV 200 at 4096 tokens + compute 52, of it 100 the draft model)");
  }

  @Test
  void theReserveCountsWhereItLeavesLess() {
    var budget =
        new MemoryBudget(settings(0, 100, 512), () -> reading("RAM", 8000, 1000), Optional::empty);

    assertThat(budget.beside(List.of()).fits(host(488), List.of())).isTrue();
    assertThat(budget.beside(List.of()).fits(host(489), List.of())).isFalse();
  }

  @Test
  void whatLeavesMakesRoom() {
    var budget = new MemoryBudget(settings(100, 100, 0), Optional::empty, Optional::empty);
    var other = new Other("other", host(60), true, false);
    var room = budget.beside(List.of(other));

    assertThat(room.fits(host(40), List.of())).isTrue();
    assertThat(room.fits(host(41), List.of())).isFalse();
    assertThat(room.fits(host(100), List.of(other))).isTrue();
    assertThat(room.fits(host(101), List.of(other))).isFalse();
    assertThat(room.refusal("x", host(101), List.of(other)).orElseThrow())
        .contains("40 MB are free of 100 MB (memory_budget_mb)");
  }

  @Test
  void whatIsStillBeingLoadedIsNotCountedAsFree() {
    var budget =
        new MemoryBudget(settings(0, 100, 0), () -> reading("RAM", 1000, 500), Optional::empty);
    var coming = new Other("coming", host(400), false, true);
    var there = new Other("there", host(400), true, true);

    assertThat(budget.beside(List.of(coming)).fits(host(101), List.of())).isFalse();
    assertThat(budget.beside(List.of(there)).fits(host(500), List.of())).isTrue();
  }

  @Test
  void memoryOfTheGraphicsProcessorHasLimitsOfItsOwn() {
    var budget =
        new MemoryBudget(
            settings(0, 100, 0),
            () -> reading("RAM", 1000, 1000),
            () -> reading("VRAM", 8000, 4000));
    var fits = new ModelNeed(Parts.NONE, new Parts(3200 * MB, 0, 0), 0);
    var tooMuch = new ModelNeed(Parts.NONE, new Parts(3201 * MB, 0, 0), 0);

    assertThat(budget.beside(List.of()).fits(fits, List.of())).isTrue();
    assertThat(budget.beside(List.of()).refusal("x", tooMuch, List.of()).orElseThrow())
        .contains("3200 MB are free of 8000 MB VRAM (limit 90 %, reserve 512 MB)")
        .contains("3201 MB on the GPU");
  }

  @Test
  void whereNothingIsKnownEverythingFits() {
    assertThat(
            new MemoryBudget(MemorySettings.DEFAULT, Optional::empty, Optional::empty)
                .beside(List.of())
                .fits(host(1L << 40), List.of()))
        .isTrue();
  }
}
