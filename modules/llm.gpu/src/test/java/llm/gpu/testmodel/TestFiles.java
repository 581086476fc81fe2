package llm.gpu.testmodel;

import static org.junit.jupiter.api.Assumptions.abort;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import llm.gpu.llama.Library;
import llm.gpu.llama.LibraryFolder;
import llm.gpu.llama.LlamaException;
import llm.gpu.llama.NativeLog;

/** Where tests find the library and the one real model; a test that lacks it skips and says so. */
public final class TestFiles {
  private TestFiles() {}

  /** The repository's root. */
  public static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("native/package.json"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  /** The folder of the fetched library; skips the test when there is none. */
  public static Path libraryFolder() {
    Optional<Path> folder =
        Optional.ofNullable(System.getenv("LLAMA_LIB_DIR"))
            .map(Path::of)
            .or(() -> LibraryFolder.under(root()))
            .filter(candidate -> LibraryFolder.libraryIn(candidate).isPresent());
    return folder.orElseGet(() -> skip("the llama.cpp library is not fetched; run tools/native"));
  }

  /** The folder of llama.h and ggml's headers; skips the test when they are not fetched. */
  public static Path headers() {
    Path folder = root().resolve("native/include");
    return Files.exists(folder.resolve("llama.h"))
        ? folder
        : skip("llama.h is not fetched; run tools/native --headers");
  }

  /** The library, its log dropped; skips the test when there is none. */
  public static Library library() {
    try {
      return Library.load(libraryFolder(), NativeLog.SILENT);
    } catch (LlamaException failure) {
      throw new AssertionError(failure);
    }
  }

  /** A real model of 260,000 weights that tells stories; skips the test when it is not there. */
  public static Path stories() {
    Path file = root().resolve("../shared/models/stories260K-f32.gguf").normalize();
    return Files.exists(file) ? file : skip("../shared/models/stories260K-f32.gguf is not there");
  }

  private static <T> T skip(String reason) {
    System.out.println("skipped: " + reason);
    return abort(reason);
  }
}
