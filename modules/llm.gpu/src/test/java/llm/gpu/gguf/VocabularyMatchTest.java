package llm.gpu.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.gpu.testmodel.GgufWriter;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("P-1: what makes one vocabulary another")
class VocabularyMatchTest {
  @TempDir Path folder;

  private static List<String> tokens(String... last) {
    List<String> all = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
    for (int value = 0; value < 256; value++) {
      all.add(String.format("<0x%02X>", value));
    }
    all.addAll(List.of(last));
    return all;
  }

  private static GgufWriter model(String kind, int end, List<String> tokens) {
    return new GgufWriter()
        .text("general.architecture", "llama")
        .number("llama.context_length", 512)
        .number("llama.embedding_length", 4)
        .number("llama.block_count", 1)
        .number("llama.attention.head_count", 1)
        .text("tokenizer.ggml.model", kind)
        .texts("tokenizer.ggml.tokens", tokens)
        .number("tokenizer.ggml.eos_token_id", end);
  }

  private Optional<String> difference(GgufWriter one, GgufWriter other) throws Exception {
    Path first = write("first.gguf", one);
    Path second = write("second.gguf", other);
    return VocabularyMatch.difference(
        first, GgufReader.read(first), second, GgufReader.read(second));
  }

  private Path write(String name, GgufWriter model) throws Exception {
    return Files.write(
        folder.resolve(name), model.tensor("token_embd.weight", new float[4], 4).bytes());
  }

  @Test
  void nothing() throws Exception {
    assertThat(difference(model("llama", 2, tokens("a", "b")), model("llama", 2, tokens("a", "b"))))
        .isEmpty();
  }

  @Test
  void oneTokenMore() throws Exception {
    assertThat(difference(model("llama", 2, tokens("a", "b")), model("llama", 2, tokens("a"))))
        .contains("261 tokens, not 260");
  }

  @Test
  void theOrderOfTokens() throws Exception {
    assertThat(difference(model("llama", 2, tokens("a", "b")), model("llama", 2, tokens("b", "a"))))
        .contains("token 259 is 'a', not 'b'");
  }

  @Test
  void aLongTokenIsShownInPart() throws Exception {
    String one = "x".repeat(100);
    assertThat(difference(model("llama", 2, tokens(one)), model("llama", 2, tokens(one + "y"))))
        .contains("token 259 is '" + "x".repeat(40) + "…', not '" + "x".repeat(40) + "…'");
  }

  @Test
  void theKindOfTheTokenizer() throws Exception {
    assertThat(difference(model("gpt2", 2, tokens("a")), model("llama", 2, tokens("a"))))
        .contains("a tokenizer of the kind 'gpt2', not 'llama'");
  }

  @Test
  void theTokenThatEndsAnAnswer() throws Exception {
    assertThat(difference(model("llama", 1, tokens("a")), model("llama", 2, tokens("a"))))
        .contains("tokenizer.ggml.eos_token_id is 1, not 2");
  }
}
