package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.Optional;
import llm.gpu.draft.Speculation;
import llm.gpu.memory.MemorySettings;
import llm.gpu.text.ModelTemplates;
import org.junit.jupiter.api.Test;

class EngineSettingsTest {
  private static final EngineSettings OTHERS =
      EngineSettings.builder()
          .contextTokens(1)
          .poolTokens(2)
          .batchTokens(3)
          .threads(EngineSettings.DEFAULT.threads() + 1)
          .loadedModels(5)
          .slots(new EngineSettings.Slots(6, 7))
          .prefixes(new EngineSettings.Prefixes(8, 9))
          .vectors(new EngineSettings.Vectors(Optional.empty(), 10))
          .queueCapacity(11)
          .ringEvents(12)
          .stepTarget(Duration.ofMillis(13))
          .stallLimit(Duration.ofMillis(14))
          .loadLimit(Duration.ofMillis(15))
          .closeLimit(Duration.ofMillis(16))
          .templates(
              new ModelTemplates(ModelTemplates.Source.BUILTIN, Optional.empty(), Optional.empty()))
          .speculation(Speculation.OFF)
          .memory(new MemorySettings(17, 100, 0, 0, 100, 0, 1, Duration.ZERO))
          .build();

  @Test
  void aBuilderGoesOnFromEveryLimitOfOthers() {
    assertThat(OTHERS.toBuilder().build()).isEqualTo(OTHERS);
  }

  @Test
  void everyLimitCanBeSet() throws ReflectiveOperationException {
    for (RecordComponent limit : EngineSettings.class.getRecordComponents()) {
      assertThat(limit.getAccessor().invoke(OTHERS))
          .as(limit.getName())
          .isNotEqualTo(limit.getAccessor().invoke(EngineSettings.DEFAULT));
    }
  }
}
