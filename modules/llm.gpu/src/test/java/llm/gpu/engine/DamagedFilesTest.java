package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What llama.cpp does with files is seen in a process of its own, so that its end can be told. */
@Timeout(300)
@DisplayName("P-1: damaged files of models and adapters end no process")
class DamagedFilesTest {
  private static final int CASES = Integer.getInteger("damaged.cases", 300);
  private static final long SEED = Long.getLong("damaged.seed", 20_261_122);
  private static final int MOST_DEATHS = 20; // then it is enough
  private static final long SECONDS = 240; // of all processes together

  @TempDir Path folder;

  @Test
  void ofThreeHundredEachIsAnsweredOrRefused() throws Exception {
    TestFiles.library();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    List<String> deaths = new ArrayList<>();
    List<String> done = new ArrayList<>();
    int next = 0;
    while (next < CASES && deaths.size() < MOST_DEATHS) {
      List<String> lines = run(next, until);
      lines.stream().filter(line -> line.startsWith("done ")).forEach(done::add);
      if (lines.contains("end")) {
        break;
      }
      String last = lines.stream().filter(l -> l.startsWith("case ")).reduce("", (_, b) -> b);
      assertThat(last).as("the process did not begin: %s", lines).isNotEmpty();
      deaths.add(
          last + ", which said " + lines.subList(Math.max(0, lines.size() - 6), lines.size()));
      next = Integer.parseInt(last.substring("case ".length())) + 1;
    }
    assertThat(deaths).as("files that ended the process; seed %d", SEED).isEmpty();
    assertThat(done).as("seed %d", SEED).hasSize(CASES);
    assertThat(done.stream().filter(line -> line.endsWith("answered")).count())
        .as("harmless damage; seed %d", SEED)
        .isPositive();
  }

  /** The lines of a process that tries the files from {@code first} on, until it ends. */
  private List<String> run(int first, long until) throws Exception {
    Path output = folder.resolve("output.txt");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log"),
                "-cp",
                classPath(),
                DamagedFiles.class.getName(),
                folder.toString(),
                Long.toString(SEED),
                Integer.toString(first),
                Integer.toString(CASES))
            .directory(TestFiles.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      boolean ended = process.waitFor(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(ended).as("ended within %d s; seed %d", SECONDS, SEED).isTrue();
      return java.nio.file.Files.readAllLines(output, java.nio.charset.StandardCharsets.ISO_8859_1);
    } finally {
      process.destroyForcibly();
    }
  }

  /** Modules as a class path: the tests' classes are no module of their own. */
  private static String classPath() {
    Path target = TestFiles.root().resolve("modules/llm.gpu/target");
    return String.join(
        File.pathSeparator,
        target.resolve("test-classes").toString(),
        target.resolve("classes").toString(),
        System.getProperty("jdk.module.path", ""),
        System.getProperty("java.class.path", ""));
  }
}
