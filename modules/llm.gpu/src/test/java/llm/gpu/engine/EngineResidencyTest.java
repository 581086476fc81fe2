package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import llm.domain.chat.StreamEvent;
import llm.gpu.testmodel.Residency;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** T-5: an engine that changes its model again and again keeps nothing of those before. */
@Timeout(300)
class EngineResidencyTest {
  private static final int LOADS = 100;
  private static final long MAX_KILOBYTES = 1500; // of 20 loads

  @TempDir Path folder;

  @Test
  void aHundredChangesOfTheModelLeaveNothingBehind() throws Exception {
    TestFiles.library();
    List<Path> files =
        List.of(
            TinyModel.plain(4096).writeTo(folder.resolve("a.gguf")),
            TinyModel.plain(4096).writeTo(folder.resolve("b.gguf")));
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      Residency.assertFlat(
          LOADS,
          MAX_KILOBYTES,
          number -> {
            var answer = drain(fixture.submit(files.get(number % 2), request("a", 4)));
            assertThat(answer.terminal()).isInstanceOf(StreamEvent.Done.class);
            fixture.telemetry.clear();
          });
      assertThat(fixture.telemetry.metrics().sum("llm_local_model_loads_total").orElseThrow())
          .isGreaterThanOrEqualTo(LOADS);
    }
  }
}
