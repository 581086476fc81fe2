package llm.gpu.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import llm.core.testkit.Fuzz;
import llm.gpu.testmodel.GgufWriter;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.testmodel.TinyModel.Damage;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** P-1: what is no sound model file is refused with a reason before llama.cpp sees it. */
class GgufReaderTest {
  private static final int FUZZ_ROUNDS = 4000;

  @TempDir Path folder;

  @Test
  void readsWhatAModelSaysOfItself() throws Exception {
    GgufHeader header = GgufReader.read(TinyModel.chat(777).writeTo(folder.resolve("a.gguf")));

    assertThat(header.architecture()).isEqualTo("llama");
    assertThat(header.name()).contains("tiny");
    assertThat(header.contextTokens()).isEqualTo(777);
    assertThat(header.tokenCount()).isEqualTo(287);
    assertThat(header.tensorCount()).isEqualTo(12);
    assertThat(header.splitCount()).isEqualTo(1);
  }

  @Test
  void readsARealModel() throws Exception {
    GgufHeader header = GgufReader.read(TestFiles.stories());

    assertThat(header.contextTokens()).isEqualTo(512);
    assertThat(header.tokenCount()).isEqualTo(512);
  }

  @Test
  void namesWhatIsWrongWithTheFileItself() throws IOException {
    Path text = Files.writeString(folder.resolve("text.gguf"), "this is no model, only some text");
    Path empty = Files.createFile(folder.resolve("empty.gguf"));

    assertRefused(folder.resolve("absent.gguf"), "does not exist");
    assertRefused(folder, "is a directory");
    assertRefused(text, "is not a GGUF file");
    assertRefused(empty, "is not a GGUF file");
  }

  @Test
  void refusesWhatLlamaCppWouldEndTheProcessOver() {
    var sound = TinyModel.plain(64);

    assertRefused(write(sound.with(Damage.NO_LAYERS).bytes()), "llama.block_count is 0");
    assertRefused(write(sound.with(Damage.DUPLICATE_TOKEN).bytes()), "the same token twice");
    assertRefused(write(sound.with(Damage.MISSING_BYTE_TOKEN).bytes()), "a token for every byte");
    assertRefused(write(sound.with(Damage.NEGATIVE_EPSILON).bytes()), "epsilon is -1.0");
    assertRefused(write(sound.with(Damage.NO_TOKENIZER).bytes()), "no tokenizer");
  }

  @Test
  void refusesPartsOfModelsAndModelsWithoutVocabulary() {
    assertRefused(
        write(new GgufWriter().text("general.type", "adapter").bytes()), "providers.local.lora");
    assertRefused(
        write(new GgufWriter().text("general.type", "mmproj").bytes()), "a part of one (mmproj)");
    assertRefused(
        write(new GgufWriter().text("general.architecture", "clip").bytes()), "reads images");
    assertRefused(write(new GgufWriter().bytes()), "names no architecture");
  }

  @Test
  void refusesOtherVersions() {
    byte[] bytes = TinyModel.plain(64).bytes();
    bytes[4] = 9;

    assertRefused(write(bytes), "has GGUF version 9");
  }

  @Test
  void refusesAKeyGivenTwice() {
    byte[] bytes = new GgufWriter().text("general.name", "a").text("general.name", "b").bytes();

    assertRefused(write(bytes), "the metadata key 'general.name' twice");
  }

  @Test
  void refusesRotationsAndWindowsThatLlamaCppWouldEndTheProcessOver() {
    assertRefused(write(layers("rope.dimension_count", 7)), "rope.dimension_count is odd");
    assertRefused(write(layers("rope.dimension_count", 34)), "must be 0 to 32");
    assertRefused(write(layers("attention.sliding_window_pattern", 1)), "no layer has the sliding");
  }

  @Test
  void refusesFormatsThatAreNotComputedIn() {
    byte[] sound = TinyModel.plain(64).bytes();
    // I32 is as long as F32
    assertRefused(write(typed(sound, "output_norm.weight", 1, 26)), "cannot be computed in");
    assertRefused(write(typed(sound, "blk.0.attn_q.weight", 2, 26)), "cannot be computed in");
  }

  /** The same with another type for a tensor of so many dimensions. */
  private static byte[] typed(byte[] sound, String tensor, int dimensions, int type) {
    byte[] bytes = sound.clone();
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf(tensor) + tensor.length() + 4 + 8 * dimensions;
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at, type);
    return bytes;
  }

  private static byte[] layers(String key, int value) {
    return new GgufWriter()
        .text("general.architecture", "cohere2")
        .number("cohere2.context_length", 64)
        .number("cohere2.embedding_length", 64)
        .number("cohere2.block_count", 1)
        .number("cohere2.attention.head_count", 2)
        .number("cohere2." + key, value)
        .texts("tokenizer.ggml.tokens", List.of("a", "b"))
        .bytes();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.001, 0.01, 0.1, 0.3, 0.6, 0.9, 0.9999})
  void refusesAFileThatWasCutAnywhere(double share) {
    byte[] whole = TinyModel.plain(64).bytes();

    assertThatThrownBy(
            () -> GgufReader.read(write(Arrays.copyOf(whole, (int) (share * whole.length)))))
        .isInstanceOf(GgufException.class)
        .hasMessageMatching("is truncated.*|is not a GGUF file");
  }

  @Test
  void doesNotAllocateForWhatAHeaderMerelyClaims() {
    byte[] bytes = TinyModel.plain(64).bytes();
    ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

    header.putLong(8, Long.MAX_VALUE);
    assertRefused(write(bytes), "claims 9223372036854775807 tensors");
    header.putLong(8, 200_000).putLong(16, 60_000);
    assertRefused(write(bytes), "");
  }

  @Test
  @Tag("fuzz")
  @Tag("gguf")
  void answersEveryRandomCorruptionWithItsOwnErrorOrAHeader() {
    byte[] sound = TinyModel.chat(64).bytes();
    var read = new AtomicLong();
    long rounds =
        Fuzz.target("gguf")
            .rounds(FUZZ_ROUNDS)
            .seed(System.nanoTime())
            .run(random -> corrupted(sound, random), (bytes, _) -> readOrRefuse(bytes, read));
    assertThat(read.get()).isLessThan(Math.max(rounds, 2));
  }

  private static byte[] corrupted(byte[] sound, Random random) {
    int headerBytes = 7000;
    byte[] bytes = sound.clone();
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      bytes[random.nextInt(headerBytes)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  private void readOrRefuse(byte[] bytes, AtomicLong read) {
    try {
      GgufReader.read(write(bytes));
      read.incrementAndGet();
    } catch (GgufException refused) {
      assertThat(refused).hasMessageMatching("(?s)(is|has|names|claims|reads|cannot|scales) .*");
    }
  }

  @Test
  void readsAllPartsOfASplitModel() throws Exception {
    Path first = folder.resolve("big-00001-of-00002.gguf");
    Files.write(first, split(0, 2));

    assertThatThrownBy(() -> SplitFiles.readAll(first))
        .isInstanceOf(GgufException.class)
        .hasMessage("is split, and its part big-00002-of-00002.gguf does not exist");

    Path second = folder.resolve("big-00002-of-00002.gguf");
    Files.write(second, new GgufWriter().number("split.no", 1).number("split.count", 2).bytes());
    assertThat(SplitFiles.readAll(first).splitCount()).isEqualTo(2);
    assertThatThrownBy(() -> SplitFiles.readAll(second))
        .hasMessageContaining("give the first part");
    assertThat(SplitFiles.stem("big-00001-of-00002.gguf")).isEqualTo("big");
  }

  private static byte[] split(int number, int count) {
    return new GgufWriter()
        .text("general.architecture", "llama")
        .number("llama.context_length", 64)
        .number("llama.embedding_length", 32)
        .number("llama.block_count", 1)
        .number("split.no", number)
        .number("split.count", count)
        .texts("tokenizer.ggml.tokens", List.of("a", "b"))
        .bytes();
  }

  private Path write(byte[] bytes) {
    try {
      return Files.write(folder.resolve("model.gguf"), bytes);
    } catch (IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> GgufReader.read(file))
        .isInstanceOf(GgufException.class)
        .hasMessageContaining(message);
  }
}
