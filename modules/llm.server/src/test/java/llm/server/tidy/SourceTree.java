package llm.server.tidy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The repository as the tidiness rules see it; Maven runs tests in the module's folder. */
final class SourceTree {
  static final Path ROOT = Path.of("").toAbsolutePath().getParent().getParent();
  static final List<String> MODULES =
      List.of("llm.domain", "llm.core", "llm.providers", "llm.gpu", "llm.train", "llm.server");

  private SourceTree() {}

  /** Every file under {@code modules/*}/{@code folder} whose name ends so, in a stable order. */
  static List<Path> files(String folder, String ending) {
    return MODULES.stream()
        .map(module -> ROOT.resolve("modules").resolve(module).resolve(folder))
        .filter(Files::isDirectory)
        .flatMap(SourceTree::walk)
        .filter(file -> file.getFileName().toString().endsWith(ending))
        .sorted()
        .toList();
  }

  static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String name(Path file) {
    return ROOT.relativize(file).toString();
  }

  private static Stream<Path> walk(Path folder) {
    try {
      return Files.walk(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
