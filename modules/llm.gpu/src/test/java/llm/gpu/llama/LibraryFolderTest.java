package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryFolderTest {
  @Test
  void anImageBringsItsLibraryInNative(@TempDir Path home) throws Exception {
    Path shipped = Files.createDirectory(home.resolve("native"));
    Files.createFile(shipped.resolve("libllama.v" + Library.VERSION + ".so"));

    assertThat(LibraryFolder.under(home)).contains(shipped);
  }

  @Test
  void aSourceTreeHasWhatWasFetched(@TempDir Path home) throws Exception {
    Files.createDirectory(home.resolve("native")); // with a README alone

    LibraryFolder.under(home)
        .ifPresent(folder -> assertThat(folder.toString()).contains("node_modules"));
  }
}
