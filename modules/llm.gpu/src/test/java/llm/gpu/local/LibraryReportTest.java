package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.TestConfig;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.model.ModelName;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.gpu.llama.Library;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** T-5: what computes is said in log, metrics and health, once for a process. */
@Timeout(120)
class LibraryReportTest {
  @TempDir Path folder;
  private final RecordingTelemetry telemetry = new RecordingTelemetry();

  @Test
  void theLibrarysVariantIsLoggedOnceAndIsAMetricAndPartOfHealth() throws Exception {
    Library library = TestFiles.library();
    TinyModel.plain(64).writeTo(folder.resolve("a.gguf"));
    TinyModel.plain(64).writeTo(folder.resolve("b.gguf"));
    try (var alarms = new TimerThread(AssertionError::new);
        ChatProvider provider = provider(alarms)) {
      assertThat(telemetry.metrics().prometheusText()).doesNotContain("llm_local_info{");
      for (String model : List.of("a", "b", "a")) {
        var request = ChatRequest.of(new ModelName(model), List.of(Message.user("x")));
        provider.complete(request.withMaxTokens(1), Calls.open(alarms, Duration.ofSeconds(60)));
      }

      assertThat(telemetry.events("native_library_load"))
          .singleElement()
          .satisfies(event -> {
            assertThat(event.text("version")).contains(library.version());
            assertThat(event.text("variant")).isEqualTo(library.variant().or(() -> unknown()));
            assertThat(event.text("threads")).contains("1");
            assertThat(event.text("features")).contains(library.features());
          });
      assertThat(telemetry.metrics().prometheusText())
          .contains(
              "llm_local_info{version=\"%s\",variant=\"%s\",devices=\"%s\"} 1"
                  .formatted(
                      library.version(),
                      library.variant().or(() -> unknown()).get(),
                      String.join(", ", library.devices())));
      library
          .variant()
          .ifPresent(
              variant -> assertThat(provider.health().detail()).contains("CPU variant " + variant));
    }
  }

  private static Optional<String> unknown() {
    return Optional.of("unknown");
  }

  private ChatProvider provider(TimerThread alarms) {
    var config =
        TestConfig.yaml("providers: {local: {threads: 1, models_dir: " + folder + "}}", Map.of());
    var context =
        new ProviderContext(
            config.section("providers.local"),
            telemetry,
            alarms,
            IdSource.RANDOM,
            Optional.of(TestFiles.root()));
    return ((ProviderSetup.Ready) new LocalProviderFactory().create(context)).provider();
  }
}
