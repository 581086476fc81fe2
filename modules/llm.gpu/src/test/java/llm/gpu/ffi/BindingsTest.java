package llm.gpu.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import llm.gpu.testmodel.CCompiler;
import llm.gpu.testmodel.TestFiles;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bindings are what a C compiler makes of the header, and the comparison sees any change. */
class BindingsTest {
  private static final StructLayout MESSAGE = ChatMessageStruct.LAYOUT;

  @TempDir static Path folder;
  private static CProbe probe;

  @BeforeAll
  static void preprocessTheHeader() {
    CCompiler compiler = CCompiler.require();
    probe = new CProbe(compiler, TestFiles.headers(), folder);
  }

  @Test
  void everySignatureLayoutAndConstantIsThatOfTheHeader() {
    Bindings declared = Bindings.declared();

    assertThat(probe.differences(declared)).isEmpty();
    assertThat(declared.functions())
        .hasSizeGreaterThan(Function.values().length)
        .containsKeys("llama_decode", "ggml_log_callback", "setenv");
    assertThat(declared.structs())
        .containsKeys(
            "llama_model_params",
            "llama_context_params",
            "llama_batch",
            "llama_chat_message",
            "llama_sampler_chain_params");
    assertThat(declared.constants()).containsKey("LLAMA_DEFAULT_SEED");
  }

  @Test
  void aChangedArgumentIsSeen() {
    assertThat(function("llama_n_ctx", FunctionDescriptor.of(JAVA_LONG, ADDRESS)))
        .containsExactly(
            "llama_n_ctx result: integer, 8 bytes in llm.gpu.ffi, integer, 4 bytes in the header");
    assertThat(function("llama_n_ctx", FunctionDescriptor.ofVoid(ADDRESS)))
        .containsExactly(
            "llama_n_ctx result: nothing in llm.gpu.ffi, integer, 4 bytes in the header");
    assertThat(function("llama_free", FunctionDescriptor.ofVoid(JAVA_LONG)))
        .containsExactly(
            "llama_free argument 1: integer, 8 bytes in llm.gpu.ffi, pointer, 8 bytes in the"
                + " header");
    assertThat(
            function(
                "llama_sampler_init_top_p", FunctionDescriptor.of(ADDRESS, JAVA_INT, JAVA_LONG)))
        .containsExactly(
            "llama_sampler_init_top_p argument 1: integer, 4 bytes in llm.gpu.ffi, real, 4 bytes"
                + " in the header");
    assertThat(function("llama_memory_clear", FunctionDescriptor.ofVoid(ADDRESS, JAVA_INT)))
        .containsExactly(
            "llama_memory_clear argument 2: integer, 4 bytes in llm.gpu.ffi, bool, 1 bytes in the"
                + " header");
  }

  @Test
  void anArgumentTooManyOrTooFewIsSeen() {
    assertThat(function("llama_backend_init", FunctionDescriptor.ofVoid(ADDRESS)))
        .containsExactly(
            "llama_backend_init argument 1: pointer, 8 bytes in llm.gpu.ffi, not there in the"
                + " header");
    assertThat(function("llama_log_set", FunctionDescriptor.ofVoid(ADDRESS)))
        .containsExactly(
            "llama_log_set argument 2: left out in llm.gpu.ffi, pointer, 8 bytes in the header");
  }

  @Test
  void anotherStructByValueIsSeen() {
    var decode = FunctionDescriptor.of(JAVA_INT, ADDRESS, MESSAGE);
    var bindings =
        new Bindings(
            Map.of("llama_decode", decode),
            Map.of("llama_batch", BatchStruct.LAYOUT, "llama_chat_message", MESSAGE),
            Map.of());

    assertThat(probe.differences(bindings))
        .containsExactly(
            "llama_decode argument 2: struct llama_chat_message, 16 bytes in llm.gpu.ffi, struct"
                + " llama_batch, 56 bytes in the header");
  }

  @Test
  void aFunctionTypeIsComparedToo() {
    assertThat(
            function(
                "llama_progress_callback", FunctionDescriptor.of(JAVA_INT, JAVA_FLOAT, ADDRESS)))
        .containsExactly(
            "llama_progress_callback result: integer, 4 bytes in llm.gpu.ffi, bool, 1 bytes in the"
                + " header");
  }

  @Test
  void aFunctionThatIsNotInTheHeaderIsSeen() {
    assertThat(function("llama_no_such_function", FunctionDescriptor.ofVoid()))
        .containsExactly(
            "llama_no_such_function result: nothing in llm.gpu.ffi, not there in the header");
  }

  @Test
  void aChangedFieldIsSeen() {
    assertThat(struct(ADDRESS.withName("role"), JAVA_LONG.withName("content")))
        .containsExactly(
            "llama_chat_message.content: integer, 8 bytes at 8 in llm.gpu.ffi, pointer, 8 bytes at"
                + " 8 in the header");
    assertThat(struct(ADDRESS.withName("content"), ADDRESS.withName("role")))
        .containsExactly(
            "llama_chat_message.content: pointer, 8 bytes at 0 in llm.gpu.ffi, pointer, 8 bytes at"
                + " 8 in the header",
            "llama_chat_message.role: pointer, 8 bytes at 8 in llm.gpu.ffi, pointer, 8 bytes at 0"
                + " in the header");
  }

  @Test
  void aFieldThatIsHiddenOrTooManyOrTooFewIsSeen() {
    assertThat(struct(ADDRESS.withName("role"), MemoryLayout.paddingLayout(8)))
        .containsExactly(
            "llama_chat_message.content: left out in llm.gpu.ffi, pointer, 8 bytes at 8 in the"
                + " header");
    assertThat(
            struct(ADDRESS.withName("role"), ADDRESS.withName("content"), JAVA_LONG.withName("x")))
        .containsExactly(
            "llama_chat_message size: 24 bytes in llm.gpu.ffi, 16 bytes in the header",
            "llama_chat_message.x: integer, 8 bytes at 16 in llm.gpu.ffi, not there in the header");
    assertThat(struct(ADDRESS.withName("role")))
        .containsExactly(
            "llama_chat_message size: 8 bytes in llm.gpu.ffi, 16 bytes in the header",
            "llama_chat_message.content: left out in llm.gpu.ffi, pointer, 8 bytes at 8 in the"
                + " header");
  }

  @Test
  void aChangedConstantIsSeen() {
    var bindings =
        new Bindings(Map.of(), Map.of(), Map.of("LLAMA_POOLING_TYPE_MEAN", 2, "GGML_TYPE_F16", 1));

    assertThat(probe.differences(bindings))
        .containsExactly("LLAMA_POOLING_TYPE_MEAN value: 2 in llm.gpu.ffi, 1 in the header");
  }

  @Test
  void theHeaderThatIsFetchedHasTheVersionOfTheLibrary() throws IOException {
    Path pins = TestFiles.root().resolve("native");
    String headers = Files.readString(pins.resolve("headers.sha512"));
    String library = Files.readString(pins.resolve("package.json"));
    String version = headers.replaceAll("(?s).*node-llama-cpp-(.*)\\.tgz.*", "$1");

    assertThat(library).contains("\"@node-llama-cpp/linux-x64\": \"" + version + "\"");
  }

  private static List<String> function(String name, FunctionDescriptor descriptor) {
    return probe.differences(new Bindings(Map.of(name, descriptor), Map.of(), Map.of()));
  }

  private static List<String> struct(MemoryLayout... fields) {
    var layout = MemoryLayout.structLayout(fields);
    return probe.differences(
        new Bindings(Map.of(), Map.of("llama_chat_message", layout), Map.of()));
  }
}
