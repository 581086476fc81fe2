package llm.gpu.llama;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds libllama: a look at file names, nothing is opened. */
public final class LibraryFolder {
  /** The library's file: {@code libllama.v0.5.0.so}, {@code libllama.cuda.v0.5.0.so}, and so on. */
  private static final Pattern NAME = Pattern.compile("libllama(\\.[\\w.-]+)?\\.(so|dylib)");

  private LibraryFolder() {}

  /**
   * The library that an installation brings: in {@code native/} of an image, else where {@code
   * tools/native} puts the one of this platform. Empty for a platform without one.
   */
  public static Optional<Path> under(Path home) {
    Path shipped = home.resolve("native");
    return libraryIn(shipped).isPresent() ? Optional.of(shipped) : fetchedUnder(home);
  }

  private static Optional<Path> fetchedUnder(Path home) {
    return platform()
        .map(platform ->
            home.resolve("native/node_modules/@node-llama-cpp")
                .resolve(platform)
                .resolve("bins")
                .resolve(platform));
  }

  /** The library's file in {@code folder}; empty when there is none. */
  public static Optional<Path> libraryIn(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files
              .filter(file -> NAME.matcher(file.getFileName().toString()).matches())
              .sorted()
              .toList();
      return found.stream()
          .filter(file -> file.toString().contains(Library.VERSION))
          .findFirst()
          .or(() -> found.stream().findFirst());
    } catch (IOException unreadable) {
      return Optional.empty(); // the same to the caller: nothing to load there
    }
  }

  private static Optional<String> platform() {
    if (!System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux")) {
      return Optional.empty();
    }
    return switch (System.getProperty("os.arch")) {
      case "amd64", "x86_64" -> Optional.of("linux-x64");
      case "aarch64", "arm64" -> Optional.of("linux-arm64");
      default -> Optional.empty();
    };
  }
}
