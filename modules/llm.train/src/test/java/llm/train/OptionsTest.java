package llm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import llm.train.Options.Misuse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {
  @Test
  void withoutOptionsTheShippedModelIsTrainedOnAllProcessors() throws Misuse {
    assertThat(Options.read(List.of(), 2))
        .isEqualTo(
            new Options(Recipe.DEFAULT_SEED, Recipe.DEFAULT_STEPS, Optional.empty(), 2, false));
    assertThat(Options.read(List.of(), 64).threads()).isEqualTo(4);
  }

  @Test
  void eachOptionIsRead() throws Misuse {
    var arguments = List.of("--seed", "-3", "--steps=20", "--output", "a.gguf", "--threads=1");

    assertThat(Options.read(arguments, 2))
        .isEqualTo(new Options(-3, 20, Optional.of(Path.of("a.gguf")), 1, false));
    assertThat(Options.read(List.of("--help"), 2).help()).isTrue();
    assertThat(Options.HELP).contains("--seed", "--steps", "--output", "--threads", "--score");
  }

  @ParameterizedTest
  @CsvSource({
    "--steps=0, '--steps is 0 and must be 1 to 1000000.'",
    "--threads=9, '--threads is 9 and must be 1 to 4.'",
    "--seed=x, '--seed needs a whole number, not ''x''.'",
    "--seed, '--seed needs a whole number, not ''''.'",
    "--output, '--output needs a file.'",
    "--speed, 'unknown option ''--speed''; --help lists them.'"
  })
  void whatIsNotUnderstoodIsSaid(String argument, String message) {
    assertThatThrownBy(() -> Options.read(List.of(argument), 2))
        .isInstanceOf(Misuse.class)
        .hasMessage(message);
  }
}
