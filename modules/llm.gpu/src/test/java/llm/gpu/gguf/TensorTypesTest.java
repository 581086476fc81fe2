package llm.gpu.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import llm.gpu.testmodel.CCompiler;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table of element types is ggml's own, as the library answers a C program. */
class TensorTypesTest {
  private static final String PROGRAM =
      """
      #include <stdio.h>
      #include <ggml.h>
      int main(void) {
        for (int type = 0; type < GGML_TYPE_COUNT; type++) {
          printf("%lld %zu\\n", (long long) ggml_blck_size(type), ggml_type_size(type));
        }
        return 0;
      }
      """;

  @TempDir Path folder;

  @Test
  void everyTypeHasTheBlocksThatTheLibraryHas() {
    Path library = TestFiles.libraryFolder();
    List<String> types =
        CCompiler.require()
            .compileAndRun(
                folder,
                "types",
                PROGRAM,
                "-I" + TestFiles.headers(),
                "-L" + library,
                "-Wl,--no-as-needed,-rpath," + library,
                "-l:libggml-base.so")
            .lines()
            .toList();

    assertThat(types).hasSizeGreaterThan(40);
    for (int type = 0; type < types.size(); type++) {
      String blocks =
          TensorTypes.exists(type)
              ? TensorTypes.blockElements(type) + " " + TensorTypes.blockBytes(type)
              : "0 0";
      assertThat(types.get(type)).as("type %d", type).isEqualTo(blocks);
    }
    assertThat(TensorTypes.exists(types.size())).isFalse();
  }
}
