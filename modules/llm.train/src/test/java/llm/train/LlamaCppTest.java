package llm.train;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import llm.gpu.llama.Batch;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.Library;
import llm.gpu.llama.LibraryFolder;
import llm.gpu.llama.Model;
import llm.gpu.llama.NativeLog;
import llm.gpu.llama.Vocabulary.Reading;
import llm.train.gguf.TensorFormat;
import llm.train.net.Example;
import llm.train.net.Network;
import llm.train.net.Predictions;
import llm.train.vocabulary.Encoder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** llama.cpp makes of the file what the trainer made of the model. */
class LlamaCppTest {
  private static final long SEED = 11;

  /** llama.cpp keeps keys and values in 16 bits. */
  private static final double LOGIT_TOLERANCE = 0.002;

  private static final List<String> PARTS =
      List.of(
          "which port",
          " ",
          "  ",
          "привет",
          "PORT",
          "?",
          "\n",
          "é",
          "日本",
          "🙂",
          "▁",
          "\t",
          "8080",
          "<|im_end|>",
          "<s>",
          "<0x41>",
          "Goodbye!",
          "ёж",
          "hello",
          "ó",
          "x");

  @TempDir static Path folder;

  private static TrainedModel trained;
  private static Model model;

  @BeforeAll
  static void trainAndLoad() throws Exception {
    Library library = Library.load(libraryFolder(), NativeLog.SILENT);
    trained = TrainerTest.train(TrainerTest.recipe(2, 60), 2);
    Path file =
        Files.write(
            folder.resolve("mini.gguf"), trained.file(new StandInCorpus(), TensorFormat.F32));
    model = Model.load(library, file, share -> true);
  }

  @AfterAll
  static void close() {
    if (model != null) {
      model.close();
    }
  }

  private static Path libraryFolder() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.exists(root.resolve("native/package.json"))) {
      root = root.getParent();
    }
    Path home = root;
    return Optional.ofNullable(System.getenv("LLAMA_LIB_DIR"))
        .map(Path::of)
        .or(() -> LibraryFolder.under(home))
        .filter(candidate -> LibraryFolder.libraryIn(candidate).isPresent())
        .orElseGet(() -> abort("the llama.cpp library is not fetched; run tools/native"));
  }

  @Test
  void textIsReadTheSameWay() {
    var random = new Random(SEED);
    var encoder = new Encoder(trained.vocabulary());
    for (int i = 0; i < 500; i++) {
      var text = new StringBuilder();
      for (int part = random.nextInt(8); part >= 0; part--) {
        text.append(PARTS.get(random.nextInt(PARTS.size())));
      }
      int[] tokens = encoder.encode(text.toString());

      assertThat(tokens)
          .as("tokens of '%s', seed %d", text, SEED)
          .isEqualTo(model.vocabulary().tokenize(text.toString(), Reading.PLAIN));
      assertThat(trained.vocabulary().decode(tokens)).isEqualTo(text.toString().replace('▁', ' '));
    }
  }

  @Test
  void aPromptIsReadTheSameWay() {
    int[] ours = new Transcript(trained.vocabulary(), 128).prompt("which port\nor добрый день");

    assertThat(ours)
        .isEqualTo(
            model
                .vocabulary()
                .tokenizePrompt(
                    "<|im_start|>user\nwhich port\nor добрый день<|im_end|>\n"
                        + "<|im_start|>assistant\n",
                    Reading.WITH_SPECIAL_TOKENS));
  }

  @Test
  void logitsAreTheSame() throws Exception {
    int[] tokens = new Transcript(trained.vocabulary(), 128).prompt("good night, привет");
    Predictions ours = afterEach(tokens);

    try (var context = model.newContext(new ContextOptions(128, 128, 1, tokens.length, 1));
        var batch = new Batch(128, 1)) {
      for (int i = 0; i < tokens.length; i++) {
        batch.add(tokens[i], i, 0);
        batch.askForLogits();
      }
      context.decode(batch);
      for (int row = 0; row < tokens.length; row++) {
        MemorySegment theirs = context.logits(row);
        double squares = 0;
        int tokenCount = trained.vocabulary().size();
        for (int token = 0; token < tokenCount; token++) {
          double difference = ours.logit(row, token) - theirs.getAtIndex(JAVA_FLOAT, token);
          squares += difference * difference;
        }
        assertThat(Math.sqrt(squares / tokenCount))
            .as("mean difference of the logits after %d tokens", row + 1)
            .isLessThan(LOGIT_TOLERANCE);
      }
    }
  }

  private static Predictions afterEach(int[] tokens) {
    int[] more = Arrays.copyOf(tokens, tokens.length + 1);
    float[] weights = new float[more.length];
    Arrays.fill(weights, 1);
    weights[0] = 0;
    return new Network(trained.parameters()).predict(List.of(new Example(more, weights)));
  }
}
