package llm.train.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OptionsTest {

  @Test
  void withoutOptionsAServerIsStartedAndItsBuiltInModelAsked() throws Exception {
    Options options = Options.read("--score");

    assertThat(options.server()).isEmpty();
    assertThat(options.model()).isEmpty();
    assertThat(options.json()).isEmpty();
    assertThat(options.verbose() || options.card() || options.help()).isFalse();
  }

  @Test
  void valuesStandBehindTheirOptionOrAnEqualsSign(@TempDir Path folder) throws Exception {
    Path model = Files.createFile(folder.resolve("a.gguf"));
    Options server = Options.read("--verbose", "--server", "http://127.0.0.1:1", "--card");
    Options file = Options.read("--model=" + model, "--json=score.json");

    assertThat(server.server()).contains(URI.create("http://127.0.0.1:1"));
    assertThat(server.verbose() && server.card()).isTrue();
    assertThat(file.model()).contains(model);
    assertThat(file.json()).contains(Path.of("score.json"));
  }

  @ParameterizedTest
  @CsvSource({
    "--servers=x, unknown option '--servers'",
    "--json, option --json needs a value",
    "--server=127.0.0.1, --server: '127.0.0.1' is no address of a server",
    "--server=file:///etc, --server: 'file:///etc' is no address of a server",
    "--server=a b, --server: 'a b' is no address of a server",
    "--model=/nowhere/a.gguf, --model: there is no file '/nowhere/a.gguf'",
  })
  void whatIsWrongIsNamed(String argument, String reason) {
    assertThatThrownBy(() -> Options.read(argument))
        .isInstanceOf(Options.Wrong.class)
        .hasMessageStartingWith(reason);
  }

  @Test
  void aFileIsNotServedByAServerThatRunsAlready(@TempDir Path folder) throws Exception {
    Path model = Files.createFile(folder.resolve("a.gguf"));

    assertThatThrownBy(() -> Options.read("--server=http://127.0.0.1:1", "--model=" + model))
        .isInstanceOf(Options.Wrong.class)
        .hasMessageContaining("without --server");
  }
}
