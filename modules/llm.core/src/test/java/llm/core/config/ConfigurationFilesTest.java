package llm.core.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** C-8: where files are looked for. */
class ConfigurationFilesTest {
  private static final Setting<String> NAME = Setting.text("name", "none", "A name.");

  @TempDir private Path folder;

  @Test
  void theFlagBeatsTheVariableBeatsConfigsBeatsTheInstallation() throws Exception {
    write("flag/config.yml", "name: flag");
    write("variable/config.yml", "name: variable");
    write("work/configs/config.yml", "name: configs");
    write("home/conf/config.yml", "name: home");
    var bare = sources(Map.of());
    var variable = sources(Map.of("LLM_CONFIG", "../variable"));
    var home = folder.resolve("home");
    assertThat(name(variable.withHome(home).withConfig(Path.of("../flag")))).isEqualTo("flag");
    assertThat(name(variable.withHome(home).withConfig(Path.of("../flag/config.yml"))))
        .isEqualTo("flag");
    assertThat(name(variable.withHome(home))).isEqualTo("variable");
    assertThat(name(bare.withHome(home))).isEqualTo("configs");
    Files.delete(folder.resolve("work/configs/config.yml"));
    assertThat(name(bare.withHome(home))).isEqualTo("home");
    assertThat(name(bare)).isEqualTo("none");
    assertThat(Configuration.load(bare).file()).isEmpty();
  }

  @Test
  void aNamedPlaceMustExistButAFolderMayBeWithoutTheFile() throws Exception {
    refuses(
        sources(Map.of()).withConfig(folder.resolve("nowhere.yml")),
        "--config: there is no file or folder " + folder.resolve("nowhere.yml"));
    Path missing = folder.resolve("work").resolve("gone");
    refuses(
        sources(Map.of("LLM_CONFIG", "gone")),
        "environment LLM_CONFIG: there is no file or folder " + missing);
    write("work/only/models.yml", "name: m");
    var config = Configuration.load(sources(Map.of()).withConfig(Path.of("only")));
    assertThat(config.file()).isEmpty();
    assertThat(config.beside("models.yml").root().get(NAME)).isEqualTo("m");
  }

  @Test
  void problemsNameTheFileAsSeenFromTheWorkingFolder() throws Exception {
    write("work/configs/config.yml", "\nnaem: x\n");
    write("else/config.yml", "naem: x\n");
    refusesVerify(
        sources(Map.of()), "configs/config.yml:2: naem: is not a setting; did you mean name?");
    refusesVerify(
        sources(Map.of()).withConfig(folder.resolve("else")),
        folder.resolve("else/config.yml").toString().replace('\\', '/')
            + ":1: naem: is not a setting; did you mean name?");
  }

  @Test
  void envFilesAreLookedForBesideAboveAndInTheWorkingFolder() throws Exception {
    write("work/configs/config.yml", "name: ${WHO:-nobody}");
    assertThat(name(sources(Map.of()))).isEqualTo("nobody");
    write("work/.env", "WHO=above");
    assertThat(name(sources(Map.of()))).isEqualTo("above");
    write("work/configs/.env", "WHO=beside");
    assertThat(name(sources(Map.of()))).isEqualTo("beside");
    assertThat(name(sources(Map.of("WHO", "environment")))).isEqualTo("environment");
    write("else/deep/config.yml", "name: ${WHO}");
    assertThat(name(sources(Map.of()).withConfig(folder.resolve("else/deep")))).isEqualTo("above");
  }

  @Test
  void anEnvFileWorksWithoutAConfigurationAndIsNamedInProblems() throws Exception {
    write("work/.env", "LLM_NAME=dotenv\nLLM_NAEM=x\n");
    var config = Configuration.load(sources(Map.of()));
    assertThat(config.root().get(NAME)).isEqualTo("dotenv");
    assertThat(config.warnings())
        .containsExactly(".env LLM_NAEM: sets nothing; did you mean LLM_NAME?");
    config.root().reject("name", "dotenv will not do");
    assertThat(config.problems()).hasToString("[.env LLM_NAME: name: dotenv will not do]");
    write("work/.env", "this is no line\n");
    refuses(sources(Map.of()), ".env:1: must be NAME=value or a # comment");
  }

  @Test
  void filesBesideHaveReferencesButNoOverrides() throws Exception {
    write("work/configs/config.yml", "");
    write("work/configs/prompts.yml", "name: ${WHO}\nother: 1\n");
    var sources =
        sources(Map.of("WHO", "me", "LLM_NAME", "not here")).withFlag("name", "--name", "nor here");
    var prompts = Configuration.load(sources).beside("prompts.yml");
    assertThat(prompts.root().get(NAME)).isEqualTo("me");
    assertThat(prompts.warnings()).isEmpty();
    assertThat(prompts.problems()).hasToString("[configs/prompts.yml:2: other: is not a setting]");
    var absent = Configuration.load(sources).beside("absent.yml");
    assertThat(absent.root().get(NAME)).isEqualTo("none");
    assertThat(absent.problems()).isEmpty();
  }

  @Test
  void aFileThatIsNotReadableTextIsRefused() throws Exception {
    Path file = folder.resolve("work/configs/config.yml");
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xC3, (byte) 0x28});
    refuses(sources(Map.of()), "configs/config.yml: is not UTF-8");
    Files.write(file, new byte[TextFile.MAX_BYTES + 1]);
    refuses(sources(Map.of()), "configs/config.yml: is larger than 1048576 bytes");
    Files.writeString(file, "\uFEFFname: marked\n");
    assertThat(name(sources(Map.of()))).isEqualTo("marked");
    Files.write(file, "name: a\n  b: c\n".getBytes(StandardCharsets.US_ASCII));
    refuses(
        sources(Map.of()),
        "configs/config.yml:2: is not YAML: mapping values are not allowed here");
  }

  private ConfigSources sources(Map<String, String> environment) throws IOException {
    Files.createDirectories(folder.resolve("work"));
    return ConfigSources.of(environment, folder.resolve("work"));
  }

  private void write(String path, String text) throws IOException {
    Path file = folder.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  private static String name(ConfigSources sources) throws ConfigException {
    var config = Configuration.load(sources);
    String name = config.root().get(NAME);
    config.verify();
    return name;
  }

  private static void refuses(ConfigSources sources, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> Configuration.load(sources))
        .withMessage(message);
  }

  private static void refusesVerify(ConfigSources sources, String message) {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(() -> name(sources))
        .withMessage(message);
  }
}
