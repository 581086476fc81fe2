package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.gpu.adapter.AdapterFile;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.draft.Speculation;
import llm.gpu.llama.LlamaException;
import llm.gpu.memory.ModelNeed;
import llm.gpu.memory.Residence;
import llm.gpu.memory.Residence.State;
import llm.gpu.testmodel.SizedModel;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("T-6: a load under way")
class ModelLoaderTest {
  @TempDir static Path folder;
  private static Path file;

  private final ManualClock clock = new ManualClock();
  private final Residence residence = new Residence();

  @BeforeAll
  static void write() {
    TestFiles.library();
    file = SizedModel.llama(256, 6, 512, 2000).writeTo(folder.resolve("model.gguf"));
  }

  /** One that asks {@code whenTold} after each step of a load whether to end it. */
  private ModelLoader loader(BooleanSupplier whenTold) {
    return loader(AdapterSource.NONE, whenTold);
  }

  private ModelLoader loader(AdapterSource adapters, BooleanSupplier whenTold) {
    return loader(EngineFixture.free(), adapters, whenTold);
  }

  private ModelLoader loader(
      EngineSettings settings, AdapterSource adapters, BooleanSupplier whenTold) {
    var telemetry = new RecordingTelemetry();
    return new ModelLoader(
        TestFiles::library,
        adapters,
        settings,
        new EngineMetrics(telemetry.metrics()),
        telemetry.log("test"),
        clock,
        whenTold);
  }

  @Test
  void adaptersAreCountedWithTheirModel() throws Exception {
    Path adapter = Files.write(folder.resolve("poet.gguf"), new byte[70_000]);
    List<AdapterFile> two =
        List.of(
            new AdapterFile("poet", adapter, 1),
            new AdapterFile("absent", folder.resolve("absent.gguf"), 1));
    ModelNeed alone = loader(() -> false).need(file, OptionalInt.empty());
    ModelNeed adapted = loader(_ -> two, () -> false).need(file, OptionalInt.empty());

    assertThat(adapted.total() - alone.total()).isEqualTo(70_000);
  }

  @Test
  void itsProgressIsToldInShares() throws Exception {
    List<Residence.Snapshot> told = new ArrayList<>();
    ModelLoader loader = loader(() -> !told.add(residence.now()));

    LoadedModel loaded = loader.load(file, residence);
    loader.unload(loaded);

    assertThat(told).hasSizeGreaterThan(2);
    assertThat(told).allSatisfy(one -> assertThat(one.state()).isEqualTo(State.LOADING));
    assertThat(told)
        .extracting(Residence.Snapshot::progress)
        .isSorted()
        .anyMatch(share -> share > 0.1 && share < 0.9)
        .last()
        .isEqualTo(1f);
  }

  @Test
  void aWishToUnloadEndsItAtOnce() throws Exception {
    residence.wantLoaded(OptionalInt.empty());
    ModelLoader loader =
        loader(() -> {
          residence.wantUnloaded(0);
          return false;
        });

    assertThatThrownBy(() -> loader.load(file, residence))
        .isInstanceOf(LlamaException.class)
        .hasMessage("The load was ended by a request to unload the model.");
  }

  @Test
  void whatItTakesIsWhatWasEstimated() throws Exception {
    ModelLoader loader = loader(() -> false);
    double need = loader.need(file, OptionalInt.of(1024)).total();
    residence.wantLoaded(OptionalInt.of(1024));

    LoadedModel loaded = loader.load(file, residence);
    double taken = loaded.taken().total();
    loader.unload(loaded);

    assertThat(need / taken).isBetween(0.9, 1.1);
    assertThat(loaded.contextTokens()).isEqualTo(1024);
  }

  private ModelLoader drafting(Path draft) {
    var speculation = new Speculation(Speculation.Mode.AUTO, 16, Optional.of(draft));
    return loader(
        EngineFixture.free().withSpeculation(speculation), AdapterSource.NONE, () -> false);
  }

  @Test
  void aDraftModelIsCountedWithItsModel() throws Exception {
    Path draft = SizedModel.llama(128, 2, 256, 2000).writeTo(folder.resolve("draft.gguf"));
    ModelLoader loader = drafting(draft);
    long alone = loader(() -> false).need(file, OptionalInt.empty()).total();
    ModelNeed need = loader.need(file, OptionalInt.empty());

    LoadedModel loaded = loader.load(file, residence);
    ModelNeed taken = loaded.taken();
    loader.unload(loaded);

    assertThat(loaded.draft().model()).isPresent();
    assertThat(need.draft()).isEqualTo(need.total() - alone).isPositive();
    assertThat((double) need.draft() / taken.draft()).isBetween(0.9, 1.1);
    assertThat((double) need.total() / taken.total()).isBetween(0.9, 1.1);
    assertThat(need.text()).contains(" the draft model");
  }

  @Test
  void oneThatDoesNotFitIsNotCounted() throws Exception {
    Path other = SizedModel.llama(128, 2, 256, 2001).writeTo(folder.resolve("stranger.gguf"));
    ModelNeed need = drafting(other).need(file, OptionalInt.empty());

    assertThat(need).isEqualTo(loader(() -> false).need(file, OptionalInt.empty()));
  }

  @Test
  void itsFileIsReadAgainForAnEstimateOnlyWhereItChanged() throws Exception {
    Path draft = SizedModel.llama(128, 2, 256, 2000).writeTo(folder.resolve("read.gguf"));
    ModelLoader loader = drafting(draft);
    ModelNeed need = loader.need(file, OptionalInt.empty());
    FileTime modified = Files.getLastModifiedTime(draft);

    Files.write(draft, new byte[(int) Files.size(draft)]);
    Files.setLastModifiedTime(draft, modified);
    assertThat(loader.need(file, OptionalInt.empty())).isEqualTo(need);

    Files.setLastModifiedTime(draft, FileTime.from(modified.toInstant().plusSeconds(9)));
    assertThat(loader.need(file, OptionalInt.empty()).draft()).isZero();
  }

  @Test
  void theModelItselfByAnotherPathIsNoDraftModel() throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve("link.gguf"), file);

    assertThat(drafting(link).need(file, OptionalInt.empty()).draft()).isZero();
  }

  @Test
  void theLoadOfADraftModelIsEndedToo() throws Exception {
    Path draft = SizedModel.llama(128, 2, 256, 2000).writeTo(folder.resolve("ended.gguf"));
    residence.wantLoaded(OptionalInt.empty());
    var speculation = new Speculation(Speculation.Mode.AUTO, 16, Optional.of(draft));
    ModelLoader loader =
        loader(
            EngineFixture.free().withSpeculation(speculation),
            AdapterSource.NONE,
            () -> {
              if (residence.now().progress() >= 1) { // the model itself is there
                residence.wantUnloaded(0);
              }
              return false;
            });

    assertThatThrownBy(() -> loader.load(file, residence))
        .isInstanceOf(LlamaException.class)
        .hasMessage("The load was ended by a request to unload the model.");
  }
}
