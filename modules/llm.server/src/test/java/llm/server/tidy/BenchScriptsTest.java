package llm.server.tidy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The benchmarks keep their convention, compile as strictly as the product, and measure rightly.
 */
class BenchScriptsTest {
  private static final Path FOLDER = SourceTree.ROOT.resolve("tools/bench");
  private static final Path JDK = Path.of(System.getProperty("java.home"), "bin");

  private record Ended(int code, String output) {}

  @Test
  void everyScriptTellsItsOptionsAndRefusesNone() throws Exception {
    List<Path> scripts = scripts();
    assertThat(scripts).isNotEmpty();
    for (Path script : scripts) {
      assertThat(Files.isExecutable(script)).as(script + " can be run").isTrue();
      Ended help = run(List.of(script.toString(), "--help"));
      assertThat(help.code).as(script + " --help: " + help.output).isZero();
      assertThat(help.output)
          .startsWith("tools/bench/" + script.getFileName() + " ")
          .contains("--quick", "--json FILE");
    }
  }

  @Test
  void theSoakTellsItsOptionsAndRefusesAnUnknownOne() throws Exception {
    String script = SourceTree.ROOT.resolve("tools/soak").toString();
    Ended help = run(List.of(script, "--help"));
    assertThat(help.code).as(help.output).isZero();
    assertThat(help.output)
        .startsWith("tools/soak local|talk|kill|streams|schema ")
        .contains("--minutes", "--kills", "--streams", "--schemas", "--seed");
    Ended unknown = run(List.of(script, "nothing"));
    assertThat(unknown.code).isEqualTo(2);
    assertThat(unknown.output).contains("schema");
  }

  @Test
  void theBenchmarksCompileWithoutWarningsAndPassTheirSelfCheck(@TempDir Path classes)
      throws Exception {
    var javac =
        new java.util.ArrayList<>(
            List.of(
                JDK.resolve("javac").toString(),
                "--release",
                "25",
                "-Xlint:all",
                "-Werror",
                "-d",
                classes.toString()));
    try (Stream<Path> sources = Files.walk(FOLDER.resolve("src"))) {
      sources.map(Path::toString).filter(f -> f.endsWith(".java")).forEach(javac::add);
    }
    Ended compiled = run(javac);
    assertThat(compiled.code).as(compiled.output).isZero();
    Ended checked =
        run(
            List.of(
                JDK.resolve("java").toString(),
                "-Dbench.root=" + classes,
                "-cp",
                classes.toString(),
                "llm.bench.SelfCheck"));
    assertThat(checked.code).as(checked.output).isZero();
  }

  private static List<Path> scripts() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static Ended run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    return new Ended(process.waitFor(), output);
  }
}
