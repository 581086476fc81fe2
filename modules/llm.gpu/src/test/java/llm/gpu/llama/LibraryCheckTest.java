package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.file.Path;
import llm.gpu.ffi.Symbols;
import llm.gpu.testmodel.CCompiler;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A library that says it is the release but is not is refused, by what it does differently. Each
 * one here is the real library with one function replaced.
 */
class LibraryCheckTest {
  /** Calls the function that the replaced one hides, with its struct as so many bytes. */
  private static final String WRAPPER =
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <string.h>
      struct bytes { unsigned char at[BYTES]; };
      struct bytes FUNCTION(void) {
        struct bytes (*real)(void) = (struct bytes (*)(void)) dlsym(RTLD_NEXT, NAME);
        struct bytes result = real();
        CHANGE
        return result;
      }
      """;

  private static final String LARGER =
      """
      #include <string.h>
      struct larger { unsigned char at[BYTES]; };
      struct larger FUNCTION(void) { struct larger result; memset(&result, 0, BYTES); return result; }
      """;

  @TempDir Path folder;
  private static CCompiler compiler;
  private static Path libraryFile;

  @BeforeAll
  static void loadTheRealOneFirst() {
    TestFiles.library(); // so that its own calls are bound to itself, not to a replacement
    libraryFile = LibraryFolder.libraryIn(TestFiles.libraryFolder()).orElseThrow();
    compiler = CCompiler.require();
  }

  @Test
  void theSameLibraryUnderAnotherNameIsAccepted() {
    assertThatCode(() -> check(version("0.5.0"))).doesNotThrowAnyException();
    assertThatCode(() -> check(wrapper("llama_model_default_params", 80, "")))
        .doesNotThrowAnyException();
  }

  @Test
  void anotherReleaseIsRefusedByItsName() {
    assertRefused(version("0.6.0-dev"), "is llama.cpp 0.6.0-dev; 0.5.0 is needed.");
    assertRefused(version("0.5.01"), "is llama.cpp 0.5.01; 0.5.0 is needed.");
  }

  @Test
  void aLibraryThatLacksFunctionsIsRefusedWithTheirNames() {
    Path alone =
        compiler.library(
            folder, "alone.so", "const char * llama_version(void) { return \"0.5.0\"; }");

    assertRefused(alone, "lacks [llama_log_set, ");
    assertRefused(compiler.library(folder, "none.so", "int x;"), "is not llama.cpp 0.5.0.");
  }

  @Test
  void anotherDefaultIsRefusedWithFieldAndValues() {
    assertRefused(
        wrapper("llama_model_default_params", 80, "result.at[16] = 7; result.at[17] = 0;"),
        "says it is 0.5.0-dev but differs from llama.cpp 0.5.0: llama_model_default_params gives"
            + " n_gpu_layers = -65529 where -1 is expected.");
    assertRefused(
        wrapper("llama_context_default_params", 160, "result.at[133] = 1;"),
        "llama_context_default_params gives kv_unified = 1 where 0 is expected.");
    assertRefused(
        wrapper("llama_context_default_params", 160, "memset(result.at + 72, 0, 4);"),
        "llama_context_default_params gives yarn_beta_fast = 0.0 where -1.0 is expected.");
    assertRefused(
        wrapper("llama_context_default_params", 160, "result.at[152] = 1;"),
        "llama_context_default_params gives ctx_other = 0x1 where 0x0 is expected.");
    assertRefused(
        replaced(
            "llama_sampler_chain_default_params",
            "_Bool llama_sampler_chain_default_params(void) { return 0; }"),
        "llama_sampler_chain_default_params gives no_perf = 0 where 1 is expected.");
  }

  @Test
  void aStructOfAnotherSizeIsRefused() {
    assertRefused(
        larger("llama_model_default_params", 88),
        "llama_model_default_params fills more than 80 bytes.");
    assertRefused(
        larger("llama_context_default_params", 168),
        "llama_context_default_params fills more than 160 bytes.");
    assertRefused(
        larger("llama_sampler_chain_default_params", 24),
        "llama_sampler_chain_default_params fills more than 1 bytes.");
    assertRefused(
        larger("llama_batch_get_one", 64), "llama_batch_get_one fills more than 56 bytes.");
    assertRefused(
        replaced(
            "llama_model_default_params",
            LARGER.replace("BYTES", "72").replace("FUNCTION", "llama_model_default_params")),
        "llama_model_default_params gives ");
  }

  @Test
  void aBatchOfAnotherOrderIsRefused() {
    String swapped =
        """
        struct batch { int n; void * embd; void * token; void * rest[4]; };
        struct batch llama_batch_get_one(void * token, int n) {
          struct batch result = {n, 0, token, {0, 0, 0, 0}};
          return result;
        }
        """;
    assertRefused(
        replaced("llama_batch_get_one", swapped), "llama_batch_get_one gives token = 0x0 where 0x");
  }

  private void assertRefused(Path file, String reason) {
    assertThatThrownBy(() -> check(file))
        .isInstanceOf(LlamaException.class)
        .hasMessageStartingWith("The library " + file + " ")
        .hasMessageContaining(reason)
        .hasMessageEndingWith(LibraryCheck.REMEDY);
  }

  private static void check(Path file) throws LlamaException {
    try (Arena arena = Arena.ofConfined()) {
      LibraryCheck.check(file, Symbols.open(file, arena));
    }
  }

  private Path version(String version) {
    return replaced(
        "llama_version", "const char * llama_version(void) { return \"" + version + "\"; }");
  }

  private Path wrapper(String function, int bytes, String change) {
    return replaced(
        function,
        WRAPPER
            .replace("BYTES", Integer.toString(bytes))
            .replace("FUNCTION", function)
            .replace("NAME", '"' + function + '"')
            .replace("CHANGE", change));
  }

  private Path larger(String function, int bytes) {
    return replaced(
        function, LARGER.replace("BYTES", Integer.toString(bytes)).replace("FUNCTION", function));
  }

  /** A library with the function of {@code source} in front of the real one's. */
  private Path replaced(String function, String source) {
    String name = function + Integer.toHexString(source.hashCode()) + ".so";
    assertThat(folder.resolve(name)).doesNotExist();
    return compiler.library(
        folder,
        name,
        source,
        "-L" + libraryFile.getParent(),
        "-Wl,--no-as-needed,-rpath," + libraryFile.getParent(),
        "-l:" + libraryFile.getFileName());
  }
}
