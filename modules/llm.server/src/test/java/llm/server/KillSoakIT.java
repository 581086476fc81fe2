package llm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small part of {@code tools/soak kill}, with the real process. */
class KillSoakIT {
  private static final Path SOURCES = Path.of("../../tools/bench/src").toAbsolutePath();
  private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");

  @TempDir private static Path folder;

  @BeforeAll
  static void build() throws Exception {
    Path server =
        Files.writeString(
            folder.resolve("llm-server"),
            """
            #!/bin/sh
            exec '%s' -p '%s' --enable-native-access=llm.gpu -m llm.server "$@"
            """
                .formatted(JDK.resolve("java"), Path.of("target/modules").toAbsolutePath()));
    assertThat(server.toFile().setExecutable(true)).isTrue();
    assertThat(
            ended(
                List.of(
                    JDK.resolve("javac").toString(),
                    "-sourcepath",
                    SOURCES.toString(),
                    "-d",
                    folder.resolve("classes").toString(),
                    SOURCES.resolve("llm/bench/KillSoak.java").toString())))
        .isEmpty();
  }

  @Test
  void nothingAcknowledgedIsLostOrDoubledWhenTheServerIsKilled() throws Exception {
    assertThat(soak("--kills", "2", "--clients", "4", "--seed", "21"))
        .contains("\"kills\":2,", "\"passed\":true")
        .doesNotContain("\"turns\":0,");
  }

  private static String soak(String... options) throws Exception {
    var command =
        new ArrayList<>(
            List.of(
                JDK.resolve("java").toString(),
                "-Dbench.root=" + folder,
                "-cp",
                folder.resolve("classes").toString(),
                "llm.bench.KillSoak",
                "--server",
                folder.resolve("llm-server").toString()));
    command.addAll(List.of(options));
    return ended(command);
  }

  private static String ended(List<String> command) throws IOException, InterruptedException {
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("LLM_"));
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }
}
