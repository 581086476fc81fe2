package llm.gpu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import llm.gpu.gguf.GgufHeader;
import llm.gpu.gguf.SplitFiles;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.EmbeddingContext;
import llm.gpu.llama.Library;
import llm.gpu.llama.Model;
import llm.gpu.llama.Pooling;
import llm.gpu.testmodel.SizedModel;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyBert;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@DisplayName("T-6: what a load takes, by the file's header and by llama.cpp")
class NeedEstimateTest {
  private static final double TOLERANCE = 0.10;
  private static final long ROUNDING = 4 * 5243; // four lines of the log, each to 0.01 MiB

  @TempDir static Path folder;
  private static Library library;

  @BeforeAll
  static void load() {
    library = TestFiles.library();
  }

  private record Case(SizedModel model, ContextShape shape) {
    @Override
    public String toString() {
      return model + " in " + shape;
    }
  }

  static List<Case> cases() {
    var cases = new ArrayList<Case>();
    var usual = new ContextShape(8192, 512, 26);
    var small = new ContextShape(700, 64, 3);
    for (ContextShape shape : List.of(usual, small, new ContextShape(2048, 512, 1))) {
      cases.add(new Case(SizedModel.llama(64, 2, 64, 300), shape));
      cases.add(new Case(SizedModel.llama(256, 3, 1024, 8000), shape));
      cases.add(new Case(SizedModel.llama(512, 2, 256, 32_000), shape));
    }
    cases.add(new Case(sized("llama", 256, 1, 512, SizedModel.Type.Q4_0, false), small));
    cases.add(new Case(sized("llama", 256, 2, 512, SizedModel.Type.Q4_0, true), small));
    cases.add(new Case(sized("llama", 512, 8, 128, SizedModel.Type.Q8_0, false), usual));
    cases.add(new Case(sized("qwen3", 256, 2, 512, SizedModel.Type.F32, true), usual));
    cases.add(new Case(sized("qwen3moe", 256, 2, 512, SizedModel.Type.F16, true), usual));
    var both = new SizedModel("gemma3", 256, 6, 8, 1, 512, 2000, SizedModel.Type.F16, false);
    cases.add(new Case(both, usual)); // the sixth layer looks back without end, the others do not
    return cases;
  }

  private static SizedModel sized(
      String kind, int width, int pairs, int inner, SizedModel.Type type, boolean output) {
    return new SizedModel(kind, width, 2, 8, pairs, inner, 2000, type, output);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theEstimateIsWithinTenPercentOfWhatALoadTakes(Case asked) throws Exception {
    Path file = asked.model().writeTo(folder.resolve("sized.gguf"));

    ModelNeed taken = taken(file, asked.shape());
    ModelNeed estimate = NeedEstimate.of(SplitFiles.readAll(file), asked.shape(), 0);

    assertClose(estimate.total(), taken.total(), estimate, taken);
    assertClose(estimate.host().weights(), taken.host().weights(), estimate, taken);
    assertClose(estimate.host().cache(), taken.host().cache(), estimate, taken);
    assertThat(estimate.device()).isEqualTo(ModelNeed.Parts.NONE);
  }

  @Test
  void thePartsOfASplitModelAreTakenTogether() throws Exception {
    var model = SizedModel.llama(256, 4, 1024, 2000);
    var shape = new ContextShape(512, 64, 3);
    Path split = model.writeSplitTo(folder, "split");
    Path whole = model.writeTo(folder.resolve("whole.gguf"));

    ModelNeed estimate = NeedEstimate.of(SplitFiles.readAll(split), shape, 0);

    assertThat(estimate).isEqualTo(NeedEstimate.of(SplitFiles.readAll(whole), shape, 0));
    assertClose(estimate.total(), taken(split, shape).total(), estimate, estimate);
  }

  @ParameterizedTest
  @MethodSource("tiny")
  void soItIsForTheModelsOfTheOtherTests(TinyModel model) throws Exception {
    Path file = model.writeTo(folder.resolve("tiny.gguf"));
    var shape = new ContextShape(4096, 512, 26);

    ModelNeed taken = taken(file, shape);
    ModelNeed estimate = NeedEstimate.of(SplitFiles.readAll(file), shape, 0);

    assertClose(estimate.total(), taken.total(), estimate, taken);
  }

  static List<TinyModel> tiny() {
    return List.of(TinyModel.plain(4096), TinyModel.plain(4096).withWindow(64));
  }

  @ParameterizedTest
  @MethodSource("texts")
  void anEncoderTakesWhatItsVectorsAreComputedIn(int tokens) throws Exception {
    Path file = new TinyBert(2048, 1).writeTo(folder.resolve("bert.gguf"));
    GgufHeader header = SplitFiles.readAll(file);
    ModelNeed taken;
    try (Allocations all = Allocations.record();
        Model model = Model.load(library, file, _ -> true);
        var _ =
            model.newEmbeddingContext(
                new EmbeddingContext.Options(tokens, Math.min(tokens, 64), 1, Pooling.MEAN))) {
      taken = all.sum(0);
    }
    ModelNeed estimate = NeedEstimate.of(header, new ContextShape(0, tokens, 1), 0);

    assertClose(estimate.total(), taken.total(), estimate, taken);
  }

  static List<Integer> texts() {
    return List.of(512, 2048);
  }

  @Test
  void layersOnTheGraphicsProcessorTakeItsMemory() throws Exception {
    var model = SizedModel.llama(256, 4, 1024, 2000);
    Path file = model.writeTo(folder.resolve("layers.gguf"));
    GgufHeader header = SplitFiles.readAll(file);
    var shape = new ContextShape(512, 64, 3);
    ModelNeed none = NeedEstimate.of(header, shape, 0);
    ModelNeed half = NeedEstimate.of(header, shape, 3);
    ModelNeed all = NeedEstimate.of(header, shape, NeedEstimate.ALL_LAYERS);

    assertThat(half.host().cache()).isEqualTo(none.host().cache() / 2);
    assertThat(half.device().cache()).isEqualTo(none.host().cache() / 2);
    assertThat(half.host().weights() + half.device().weights()).isEqualTo(none.host().weights());
    assertThat(all.host().cache()).isZero();
    assertThat(all.host().weights()).as("the tokens' vectors").isEqualTo(256L * 2000 * 2);
    assertThat(NeedEstimate.of(header, shape, 99)).isEqualTo(all);
    assertThat(all.text()).contains(" on the GPU)");
  }

  private static ModelNeed taken(Path file, ContextShape shape) throws Exception {
    try (Allocations all = Allocations.record();
        Model model = Model.load(library, file, _ -> true);
        var _ =
            model.newContext(
                new ContextOptions(
                    shape.poolTokens(), shape.batchTokens(), shape.sequences(), 1))) {
      return all.sum(shape.poolTokens());
    }
  }

  private static void assertClose(long estimate, long taken, ModelNeed estimated, ModelNeed told) {
    assertThat((double) estimate)
        .as("estimated %s, taken %s", estimated.text(), told.text())
        .isCloseTo(taken, within(TOLERANCE * taken + ROUNDING));
  }
}
