package llm.gpu.testmodel;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The C compiler of this machine: {@code gcc}, else {@code cc}. */
public final class CCompiler {
  private static final long LIMIT_SECONDS = 120;

  private final Path program;

  private CCompiler(Path program) {
    this.program = program;
  }

  /** The compiler on the path; skips the test when there is none. */
  public static CCompiler require() {
    return Stream.of("gcc", "cc")
        .flatMap(name -> onPath(name).stream())
        .findFirst()
        .map(CCompiler::new)
        .orElseGet(() -> {
          String reason = "there is no gcc on PATH, so no C program can be compiled";
          System.out.println("skipped: " + reason);
          return abort(reason);
        });
  }

  /**
   * Runs the compiler in {@code folder} and returns what it printed on stdout.
   *
   * @throws AssertionError with its messages when it fails
   */
  public String run(Path folder, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(arguments));
    return output(folder, command);
  }

  /** Compiles {@code source} to the program {@code name} in {@code folder}, and runs that. */
  public String compileAndRun(Path folder, String name, String source, String... arguments) {
    Path code = write(folder.resolve(name + ".c"), source);
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(0, List.of("-o", name, code.toString())); // before the libraries it needs
    run(folder, all.toArray(String[]::new));
    return output(folder, List.of(folder.resolve(name).toString()));
  }

  /** Compiles {@code source} to a shared library, the file {@code name} in {@code folder}. */
  public Path library(Path folder, String name, String source, String... options) {
    Path code = write(folder.resolve(name + ".c"), source);
    List<String> all = new ArrayList<>(List.of("-shared", "-fPIC", "-o", name, code.toString()));
    all.addAll(List.of(options));
    run(folder, all.toArray(String[]::new));
    return folder.resolve(name);
  }

  private static Optional<Path> onPath(String name) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Path write(Path file, String text) {
    try {
      return Files.writeString(file, text);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static String output(Path folder, List<String> command) {
    try {
      Path errors = folder.resolve("errors.txt");
      Path printed = folder.resolve("printed.txt");
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectOutput(printed.toFile())
              .redirectError(errors.toFile())
              .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " did not end within " + LIMIT_SECONDS + " s");
      }
      if (process.exitValue() != 0) {
        throw new AssertionError(command + " failed:\n" + Files.readString(errors));
      }
      return Files.readString(printed);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new AssertionError(interrupted);
    }
  }
}
