package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import llm.gpu.llama.SamplerOptions.Penalties;
import llm.gpu.testmodel.Residency;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** T-5: models come and go, and leave nothing behind in memory, descriptors or threads. */
@Timeout(300)
class ResidencyTest {
  private static final int LOADS = 100;
  private static final long MAX_KILOBYTES = 1500; // 75 kB of a load; the model has four times that
  private static final int POOL = 4096; // 1 MB of memory for it
  private static final int BATCH = 16;
  private static final SamplerOptions SAMPLING =
      new SamplerOptions(1, 40, .9f, .1f, 1, new Penalties(64, 1.1f, .1f, .1f), Map.of(5, -1f));

  @TempDir Path folder;

  @Test
  void aModelLoadedAndFreedAHundredTimesLeavesNothingBehind() throws Exception {
    Library library = TestFiles.library();
    Path file = TinyModel.plain(POOL).writeTo(folder.resolve("tiny.gguf"));

    Residency.assertFlat(LOADS, MAX_KILOBYTES, _ -> loadUseAndFree(library, file));
  }

  private static void loadUseAndFree(Library library, Path file) throws LlamaException {
    try (Model model = Model.load(library, file, _ -> true);
        Context context = model.newContext(new ContextOptions(POOL, BATCH, 4, 2));
        Batch batch = new Batch(BATCH, 4);
        Sampler sampler = new Sampler(SAMPLING, model.vocabulary())) {
      for (int i = 0; i < BATCH; i++) {
        batch.add(5 + i, i / 4, i % 4);
      }
      int last = batch.askForLogits();
      assertThat(context.decode(batch)).isEqualTo(Context.Outcome.DONE);
      assertThat(sampler.sample(context, last)).isNotNegative();
    }
  }
}
