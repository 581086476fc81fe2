package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import llm.core.testkit.TestConfig;
import llm.gpu.draft.Speculation;
import llm.gpu.engine.EngineSettings;
import llm.gpu.llama.Pooling;
import llm.gpu.memory.MemorySettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalSettingsTest {

  @Test
  void defaultsAreThoseOfTheEngine() {
    var settings = LocalSettings.read(TestConfig.empty().section("providers.local"));

    assertThat(settings.engine()).isEqualTo(EngineSettings.DEFAULT);
    assertThat(settings.warm()).isTrue();
    assertThat(settings.model()).isEmpty();
  }

  @Test
  void everyKeyIsMapped() {
    var config =
        TestConfig.yaml(
            """
            providers:
              local:
                model: m.gguf
                models_dir: models
                library_dir: lib
                warm: false
                context_tokens: 1000
                threads: 3
                batch_tokens: 100
                queue_capacity: 5
                ring_events: 9
                pool_tokens: 3000
                loaded_models: 2
                slots: 6
                background_slots: 3
                prefix_sequences: 7
                prefix_tokens: 500
                prefix_memory_mb: 12
                prefix_worth_ms: 33
                prefix_dir: saved
                prefix_dir_mb: 5
                embedding_pooling: last
                embedding_tokens: 900
                step_target_ms: 250
                speculation: always
                draft_tokens: 7
                draft_model: small.gguf
                stall_seconds: 4
                load_timeout_seconds: 70
                close_timeout_seconds: 2
                lora:
                  poet: {file: poet.gguf, model: base, scale: -0.5}
                  cook: {file: cook.gguf}
                memory_budget_mb: 900
                max_ram_percent: 80
                ram_reserve_mb: 70
                gpu_index: 1
                max_vram_percent: 85
                vram_reserve_mb: 60
                gpu_layers: 5
                idle_unload_seconds: 120
            """);
    var settings = LocalSettings.read(config.section("providers.local"));

    assertThat(config.problems()).isEmpty();
    assertThat(settings.model().orElseThrow()).hasFileName("m.gguf");
    assertThat(settings.modelsDir().orElseThrow()).hasFileName("models");
    assertThat(settings.libraryDir().orElseThrow()).hasFileName("lib");
    assertThat(settings.warm()).isFalse();
    assertThat(settings.adapters())
        .extracting(AdapterSettings::model)
        .containsExactly("base", "local");
    assertThat(settings.adapters())
        .extracting(one -> one.adapter().name(), one -> one.adapter().scale())
        .containsExactly(tuple("poet", -.5), tuple("cook", 1.0));
    assertThat(settings.engine().prefixes().folder().orElseThrow()).hasFileName("saved");
    assertThat(settings.engine().speculation().model().orElseThrow())
        .hasFileName("small.gguf")
        .isAbsolute();
    assertThat(settings.engine())
        .isEqualTo(
            EngineSettings.builder()
                .contextTokens(1000)
                .poolTokens(3000)
                .batchTokens(100)
                .threads(3)
                .loadedModels(2)
                .slots(new EngineSettings.Slots(6, 3))
                .prefixes(
                    new EngineSettings.Prefixes(
                        7,
                        500,
                        12L << 20,
                        Duration.ofMillis(33),
                        settings.engine().prefixes().folder(),
                        5L << 20))
                .vectors(new EngineSettings.Vectors(Optional.of(Pooling.LAST), 900))
                .queueCapacity(5)
                .ringEvents(9)
                .stepTarget(Duration.ofMillis(250))
                .stallLimit(Duration.ofSeconds(4))
                .loadLimit(Duration.ofSeconds(70))
                .closeLimit(Duration.ofSeconds(2))
                .speculation(
                    new Speculation(
                        Speculation.Mode.ALWAYS, 7, settings.engine().speculation().model()))
                .memory(
                    new MemorySettings(
                        900L << 20, 80, 70L << 20, 1, 85, 60L << 20, 5, Duration.ofMinutes(2)))
                .build());
  }

  @Test
  void theEnvironmentSaysHowMuchOfTheGraphicsProcessorMayBeTaken() {
    var config =
        TestConfig.yaml(
            "providers: {local: {max_vram_percent: 50}}",
            Map.of("GPU_INDEX", "2", "MAX_VRAM_USAGE_PERCENT", "91", "VRAM_RESERVE_MB", "300"));
    MemorySettings memory = LocalSettings.read(config.section("providers.local")).engine().memory();

    assertThat(memory.gpuIndex()).isEqualTo(2);
    assertThat(memory.maxVramPercent()).isEqualTo(91);
    assertThat(memory.vramReserveBytes()).isEqualTo(300L << 20);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "context_tokens: -1",
        "threads: 5000",
        "batch_tokens: 15",
        "queue_capacity: 0",
        "ring_events: 0",
        "stall_seconds: 0",
        "load_timeout_seconds: 0",
        "close_timeout_seconds: 0",
        "warm: maybe",
        "embedding_pooling: rank",
        "embedding_tokens: -1",
        "pool_tokens: -1",
        "loaded_models: 0",
        "slots: 0",
        "slots: 65",
        "background_slots: 0",
        "prefix_sequences: -1",
        "prefix_tokens: -2",
        "step_target_ms: 1",
        "prefix_dir_mb: 0",
        "prefix_worth_ms: -1",
        "prefix_memory_mb: -1",
        "speculation: perhaps",
        "draft_tokens: 0",
        "draft_tokens: 65"
      })
  void badValuesAreRefused(String line) {
    var config = TestConfig.yaml("providers: {local: {" + line + "}}");
    LocalSettings.read(config.section("providers.local"));

    assertThat(config.problems()).hasSize(1).allMatch(text -> text.contains(line.split(":")[0]));
  }

  @Test
  void theWindowIsNeverMoreThanTheModelWasTrainedFor() {
    assertThat(EngineSettings.DEFAULT.contextFor(512)).isEqualTo(512);
    assertThat(EngineSettings.DEFAULT.contextFor(131_072)).isEqualTo(8192);
  }

  @Test
  void thePoolHasRoomForOneWindowAtLeastAndUnaskedForOneASlot() {
    assertThat(EngineSettings.DEFAULT.poolFor(512)).isEqualTo(5120);
    assertThat(EngineSettings.DEFAULT.poolFor(8192)).isEqualTo(8192);
    assertThat(EngineSettings.DEFAULT.poolFor(100_000)).isEqualTo(100_000);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 1", "3, 2", "4, 3", "6, 3", "8, 4", "64, 32"})
  void unaskedSomeCoresAreLeftForEverythingElse(int cores, int threads) {
    assertThat(EngineSettings.threadsFor(cores)).isEqualTo(threads);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{poet: {}} | lora.poet.file",
        "{poet: {file: x.gguf, scale: 17}} | scale",
        "{poet: {file: x.gguf, path: y}} | path",
        "{local: {file: x.gguf}} | 'local'",
        "{'a/b': {file: x.gguf}} | 'a/b'"
      })
  void adaptersThatAreNoneAreRefused(String lora, String named) {
    var config = TestConfig.yaml("providers: {local: {lora: " + lora + "}}");
    LocalSettings.read(config.section("providers.local"));

    assertThat(config.problems()).isNotEmpty();
    assertThat(config.problems().toString()).contains(named);
  }
}
