package llm.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import llm.gpu.gguf.GgufReader;
import llm.train.corpus.Language;
import llm.train.gguf.TensorFormat;
import llm.train.net.NetShape;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A small model learns the stand-in corpus, the same way each time. */
class TrainerTest {
  private static final StandInCorpus CORPUS = new StandInCorpus();
  private static TrainedModel model;

  @TempDir Path folder;

  @BeforeAll
  static void learn() throws InterruptedException {
    model = train(recipe(1, 120), 2);
  }

  static Recipe recipe(long seed, int steps) {
    return new Recipe(
        seed, steps, 16, 3e-3, 0.05, 50, 10, 500, 60, new NetShape(448, 64, 2, 96, 128));
  }

  static TrainedModel train(Recipe recipe, int threads) throws InterruptedException {
    var silent = new Progress(new PrintStream(PrintStream.nullOutputStream()), () -> 0, false);
    return new Trainer(CORPUS, recipe, threads, silent).train();
  }

  @Test
  void itAnswersWhatItLearnedAndIsSureOfIt() {
    var answerer = new Answerer(model);

    Answerer.Answer english = answerer.answer("which port");
    assertThat(english.text()).isEqualTo("Port 8080 unless you say another.");
    assertThat(english.certainty()).isGreaterThan(model.threshold().minProbability());
    assertThat(answerer.answer("добрый день").text()).isEqualTo("Здравствуйте! Спросите меня.");
    assertThat(answerer.answer("bake a cake").text()).isEqualTo(CORPUS.fallback(Language.ENGLISH));
    assertThat(model.threshold().right()).isGreaterThan(0.9);
  }

  @Test
  void theSameSeedGivesTheSameBytesWhateverTheThreads() throws InterruptedException {
    Recipe recipe = recipe(3, 12);
    byte[] first = train(recipe, 1).file(CORPUS, TensorFormat.Q8_0);

    assertThat(train(recipe, 2).file(CORPUS, TensorFormat.Q8_0)).isEqualTo(first);
    assertThat(train(recipe, 5).file(CORPUS, TensorFormat.Q8_0)).isEqualTo(first);
    assertThat(train(recipe(4, 12), 1).file(CORPUS, TensorFormat.Q8_0)).isNotEqualTo(first);
  }

  @Test
  void theFileSaysWhatItIs() throws Exception {
    Path file = folder.resolve("mini.gguf");
    OutputFile.write(file, model.file(CORPUS, TensorFormat.Q8_0));

    var header = GgufReader.read(file);
    assertThat(header.texts())
        .containsEntry("general.name", "llm.server builtin")
        .containsEntry("general.license", "apache-2.0")
        .containsEntry("llm_server.fallback.en", "I do not know that.")
        .containsEntry("llm_server.fallback.ru", "Этого я не знаю.")
        .containsEntry("llm_server.corpus.sha256", CORPUS.sha256())
        .containsKey("tokenizer.chat_template");
    assertThat(header.lists()).contains("general.languages");
    assertThat(header.numbers()).containsEntry("llama.context_length", 128L);
    assertThat(header.tokenCount()).isEqualTo(448);
    assertThat(Files.readString(folder.resolve("mini.gguf.sha256")))
        .matches("[0-9a-f]{64}  mini\\.gguf\n");
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("mini.gguf", "mini.gguf.sha256");
  }
}
