package llm.train.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By scripts in place of {@code tools/run}: what it is started with and what its end tells. */
class ProductServerTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SERVES = "echo '{\"address\":\"http://127.0.0.1:4321\"}'\n";
  private static final String STAYS = "exec cat \"$(dirname \"$0\")/../pipe\"\n";

  @TempDir private Path root;

  @Test
  void itIsStartedOnAFreePortWithAnEmptyConfigurationAndTheModel() throws Exception {
    Path said = root.resolve("said");
    script(
        "echo \"$@\" > "
            + said
            + "; env > "
            + said
            + ".env\nmkfifo "
            + root
            + "/pipe\n"
            + SERVES
            + STAYS);

    try (var server = ProductServer.start(root, Optional.of(Path.of("/a/model.gguf")), LIMIT)) {
      assertThat(server.address()).hasToString("http://127.0.0.1:4321");
    }
    assertThat(said)
        .content()
        .matches("--port=0 --config=\\S+/run/config.yml --model=/a/model.gguf\\s*");
    assertThat(Files.readAllLines(Path.of(said + ".env")))
        .map(line -> line.split("=", 2)[0])
        .isSubsetOf(
            "PATH",
            "HOME",
            "JAVA_HOME",
            "TMPDIR",
            "LANG",
            "LC_ALL",
            "MAVEN_OPTS",
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_");
  }

  @Test
  void itsLastLinesSayWhyItEndedBeforeItServed() throws Exception {
    script("echo 'no JDK here' >&2\nexit 3\n");

    assertThatThrownBy(() -> ProductServer.start(root, Optional.empty(), LIMIT))
        .isInstanceOf(CannotScore.class)
        .hasMessage("the server ended before it served; it said:\n  no JDK here");
  }

  @Test
  void itIsWaitedForNoLongerThanTheLimit() throws Exception {
    script("mkfifo " + root + "/pipe\n" + STAYS);

    assertThatThrownBy(() -> ProductServer.start(root, Optional.empty(), Duration.ofSeconds(1)))
        .isInstanceOf(CannotScore.class)
        .hasMessageContaining("the server did not come up in 1 s");
  }

  @Test
  void aRepositoryWithoutItsCommandsIsNamed() {
    assertThatThrownBy(() -> ProductServer.start(root, Optional.empty(), LIMIT))
        .isInstanceOf(CannotScore.class)
        .hasMessageContaining("the server cannot be started")
        .hasMessageContaining(root.resolve("tools/run").toString());
  }

  private void script(String body) throws IOException {
    Path run = Files.createDirectories(root.resolve("tools")).resolve("run");
    Files.writeString(run, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(run, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
