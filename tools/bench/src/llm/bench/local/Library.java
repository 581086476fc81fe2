package llm.bench.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import llm.bench.system.BenchFailure;

/**
 * The llama.cpp library that everyone uses.
 *
 * @param root the repository
 * @param folder of the shared objects
 * @param headers the folder with llama.h and ggml's headers
 */
public record Library(Path root, Path folder, Path headers) {

  /** What {@code tools/native} fetched, or {@code LLAMA_LIB_DIR}. */
  public static Library find(Path root) {
    Path fetched = root.resolve("native/node_modules/@node-llama-cpp");
    Path folder =
        Optional.ofNullable(System.getenv("LLAMA_LIB_DIR"))
            .map(Path::of)
            .or(() ->
                Stream.of("linux-x64", "linux-arm64")
                    .map(name -> fetched.resolve(name).resolve("bins").resolve(name))
                    .filter(Files::isDirectory)
                    .findFirst())
            .orElseThrow(
                () -> new BenchFailure("the llama.cpp library is not fetched; run tools/native"));
    return new Library(root, folder.toAbsolutePath(), root.resolve("native/include"));
  }

  /** Shared objects whose names begin so, one for each beginning. */
  List<Path> files(String... beginnings) {
    return Stream.of(beginnings).map(this::file).toList();
  }

  /** The hash of libllama, in hex. */
  String hash() {
    return hash(file("libllama."));
  }

  /** The hash of the file of the same name in another folder, in hex. */
  String hashIn(Path other) {
    return hash(other.resolve(file("libllama.").getFileName()));
  }

  private Path file(String beginning) {
    String start = beginning.endsWith(".") ? beginning : beginning + ".";
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(start))
          .findFirst()
          .orElseThrow(() -> new BenchFailure("no " + start + "* in " + folder));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder, e);
    }
  }

  static String hash(Path file) {
    try {
      byte[] sha = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return HexFormat.of().formatHex(sha);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
