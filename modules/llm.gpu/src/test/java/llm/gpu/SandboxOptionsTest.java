package llm.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.gpu.engine.EngineSettings;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("P-1 local: the sandbox's command line")
class SandboxOptionsTest {
  @Test
  void whatIsNotGivenIsAsTheServerHasIt() {
    SandboxOptions options = SandboxOptions.parse(List.of()).orElseThrow();
    assertThat(options.model()).isEmpty();
    assertThat(options.maxTokens()).isEqualTo(64);
    assertThat(options.streams()).isZero();
    assertThat(options.threads()).isEqualTo(EngineSettings.DEFAULT.threads());
  }

  @Test
  void everyOptionIsTaken() {
    var given = "--lib a --model b --prompt c --seed 5 --max 6 --streams 7 --threads 8";
    assertThat(SandboxOptions.parse(List.of(given.split(" "))).orElseThrow())
        .isEqualTo(
            new SandboxOptions(
                Optional.of(Path.of("a")), Optional.of(Path.of("b")), "c", 5, 6, 7, 8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--help", "--threads", "--threads 0", "--threads 1025", "--streams -1", "--max x"})
  void whatIsWrongIsRefused(String wrong) {
    assertThat(SandboxOptions.parse(List.of(wrong.split(" ")))).isEmpty();
  }
}
