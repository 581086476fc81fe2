package llm.server.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import llm.core.config.ConfigSources.Flag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineReaderTest {
  private static Command read(String... args) {
    return new CommandLineReader("1.2.3").read(args);
  }

  @Test
  void servesWithoutOptions() {
    assertThat(read())
        .isEqualTo(new Command.Serve(new Command.Choices(Optional.empty(), Map.of())));
  }

  @Test
  void takesSettingsAsFlagsUnderTheirPaths() {
    var expected =
        new Command.Choices(
            Optional.of(Path.of("my/configs")),
            Map.of(
                "server.port", new Flag("--port", "9000"),
                "server.host", new Flag("--host", "::1"),
                "providers.local.model", new Flag("--model", "a.gguf")));
    assertThat(read("--port", "9000", "--host=::1", "--model", "a.gguf", "--config", "my/configs"))
        .isEqualTo(new Command.Serve(expected));
    assertThat(
            read(
                "--check-config",
                "--port",
                "9000",
                "--host=::1",
                "--model",
                "a.gguf",
                "--config",
                "my/configs"))
        .isEqualTo(new Command.CheckConfig(expected));
  }

  @Test
  void printsVersionAndHelp() {
    assertThat(((Command.Print) read("--version")).text().strip()).isEqualTo("llm.server 1.2.3");
    assertThat(((Command.Print) read("--help")).text())
        .contains("--port", "--host", "--config", "--model", "--check-config", "--new-api-key");
  }

  @Test
  void makesKeysAndPrintsTheReference() {
    assertThat(read("--new-api-key", " ci ")).isEqualTo(new Command.NewKey("ci"));
    assertThat(read("--print-config-reference")).isEqualTo(new Command.PrintReference());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--prot",
        "serve",
        "--port",
        "--new-api-key= ",
        "--new-api-key=a\nb",
        "--version=1",
        "--pr\not"
      })
  void refusesWhatItDoesNotKnowInOneSentenceWithAHint(String argument) {
    var refusal = (Command.Refuse) read(argument);
    assertThat(refusal.text().strip())
        .startsWith("llm.server: ")
        .endsWith("; --help lists the options.")
        .doesNotContain("\n");
  }

  @Test
  void refusesAnOptionGivenTwiceOrWithoutItsValue() {
    assertThat(((Command.Refuse) read("--port", "1", "--port=2")).text())
        .contains("option --port was given twice");
    assertThat(((Command.Refuse) read("--model", "--help")).text())
        .contains("option --model needs a value (FILE.gguf)");
    assertThat(((Command.Refuse) read("extra")).text()).contains("unexpected argument 'extra'");
  }

  @Test
  void aValueMayLookLikeNothingSpecial() {
    var choices = ((Command.Serve) read("--model", "-a=b.gguf", "--config=x=y")).choices();
    assertThat(choices.flags()).containsValue(new Flag("--model", "-a=b.gguf"));
    assertThat(choices.config()).contains(Path.of("x=y"));
  }
}
