package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library that does not fit is refused with a remedy, and a right one can follow. */
class LibraryTest {
  private static final List<Path> LIBC =
      List.of(
          Path.of("/lib/x86_64-linux-gnu/libc.so.6"), Path.of("/lib/aarch64-linux-gnu/libc.so.6"));

  @TempDir Path folder;

  @Test
  void theFetchedLibraryIsTheReleaseThatIsBoundAndFindsADevice() {
    Library library = TestFiles.library();

    assertThat(library.version()).startsWith(Library.VERSION);
    assertThat(library.devices()).isNotEmpty();
    assertThat(library).isSameAs(TestFiles.library());
  }

  @Test
  void aFolderWithoutALibraryIsRefused() {
    assertThatThrownBy(() -> Library.load(folder, NativeLog.SILENT))
        .isInstanceOf(LlamaException.class)
        .hasMessageContaining("There is no libllama in " + folder)
        .hasMessageContaining("tools/native");
  }

  @Test
  void aTextFileIsRefused() throws IOException {
    Files.writeString(folder.resolve("libllama.so"), "this is no library");

    assertThatThrownBy(() -> Library.load(folder, NativeLog.SILENT))
        .isInstanceOf(LlamaException.class)
        .hasMessageMatching("(?s).*(is no library this machine can load|is loaded already).*");
  }

  @Test
  void anotherLibraryIsRefused() throws IOException {
    for (Path libc : LIBC.stream().filter(Files::exists).toList()) {
      Files.copy(libc, folder.resolve("libllama.so"));

      assertThatThrownBy(() -> Library.load(folder, NativeLog.SILENT))
          .isInstanceOf(LlamaException.class)
          .hasMessageMatching("(?s).*(is not llama.cpp|is no library|is loaded already).*");
    }
  }

  @Test
  void findsTheLibraryAmongItsCompanions() throws IOException {
    for (String name :
        List.of("libllama-common.so", "libggml.v0.5.0.so", "libllama.v0.4.0.so", "llama.node")) {
      Files.createFile(folder.resolve(name));
    }
    assertThat(LibraryFolder.libraryIn(folder)).contains(folder.resolve("libllama.v0.4.0.so"));

    Files.createFile(folder.resolve("libllama.cuda.v0.5.0.so"));
    assertThat(LibraryFolder.libraryIn(folder)).contains(folder.resolve("libllama.cuda.v0.5.0.so"));
    assertThat(LibraryFolder.libraryIn(folder.resolve("absent"))).isEmpty();
  }
}
