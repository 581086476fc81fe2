package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import llm.gpu.ffi.Callbacks;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.testmodel.TinyModel.Damage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would end the process in C is an exception here; this test ends, so the process lives. */
class GuardsTest {
  private static final SamplerOptions GREEDY = new SamplerOptions(0, 0, 1, 0, 1);

  @TempDir static Path folder;
  private static Library library;
  private static Path file;

  @BeforeAll
  static void load() {
    library = TestFiles.library();
    file = TinyModel.plain(128).writeTo(folder.resolve("tiny.gguf"));
  }

  @Test
  void aBatchLargerThanTheContextTakesIsRefused() throws Exception {
    try (Model model = model();
        Context context = model.newContext(new ContextOptions(128, 16, 4, 1));
        Batch batch = new Batch(64, 4)) {
      for (int i = 0; i < 64; i++) {
        batch.add(5, i, 0);
      }
      assertThatThrownBy(() -> context.decode(batch))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1 to 16 tokens with at most 4 outputs, this one 64");
      assertThatThrownBy(() -> batch.add(5, 64, 0)).isInstanceOf(IllegalStateException.class);
      batch.clear();
      assertThatThrownBy(() -> context.decode(batch)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(batch::askForLogits).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void samplingWhereNoLogitsAreIsRefused() throws Exception {
    try (Model model = model();
        Context context = model.newContext(new ContextOptions(128, 16, 4, 1));
        Batch batch = new Batch(16, 4);
        Sampler sampler = new Sampler(GREEDY, model.vocabulary())) {
      assertThatThrownBy(() -> sampler.sample(context, 0))
          .isInstanceOf(IllegalStateException.class);
      batch.add(5, 0, 0);
      batch.add(6, 1, 0);
      batch.askForLogits();
      assertThat(context.decode(batch)).isEqualTo(Context.Outcome.DONE);
      assertThatThrownBy(() -> sampler.sample(context, 0))
          .hasMessage("the last decode left no logits at index 0");
      assertThatThrownBy(() -> sampler.sample(context, -1))
          .isInstanceOf(IllegalStateException.class);
      assertThat(sampler.sample(context, 1)).isBetween(0, model.vocabulary().size() - 1);
      batch.clear();
      batch.add(7, 2, 0);
      batch.add(8, 3, 0);
      assertThat(context.decode(batch)).isEqualTo(Context.Outcome.DONE);
      assertThatThrownBy(() -> sampler.sample(context, 1))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void nothingWorksAfterItsOwnerIsClosed() throws Exception {
    Model model = model();
    Context context = model.newContext(new ContextOptions(128, 16, 4, 1));
    Vocabulary vocabulary = model.vocabulary();
    Sampler sampler = new Sampler(GREEDY, model.vocabulary());
    Batch batch = new Batch(4, 4);
    batch.add(5, 0, 0);
    sampler.close();
    model.close();
    model.close();
    context.close();

    assertThatThrownBy(() -> context.decode(batch)).hasMessage("the context is closed");
    assertThatThrownBy(() -> context.cut(0, 0)).hasMessage("the context is closed");
    assertThatThrownBy(() -> vocabulary.tokenize("a")).hasMessage("the model is closed");
    assertThatThrownBy(() -> vocabulary.endsGeneration(1)).hasMessage("the model is closed");
    assertThatThrownBy(() -> model.newContext(new ContextOptions(128, 16, 4, 1)))
        .hasMessage("the model is closed");
    assertThatThrownBy(() -> sampler.sample(context, 0)).hasMessage("the sampler is closed");
    batch.close();
    batch.close();
    assertThatThrownBy(() -> batch.add(5, 0, 0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anotherThreadIsRefused() throws Exception {
    try (Model model = model();
        var other = Executors.newSingleThreadExecutor()) {
      Callable<Boolean> use = () -> model.vocabulary().endsGeneration(5);
      assertThatThrownBy(() -> other.submit(use).get())
          .hasRootCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining("belongs to thread");
      assertThatThrownBy(() -> other.submit(model::close).get())
          .hasRootCauseInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void anotherThreadMayReadTextUntilTheModelIsClosed() throws Exception {
    try (var other = Executors.newSingleThreadExecutor()) {
      Model model = model();
      Vocabulary vocabulary = model.vocabulary();
      int[] own = vocabulary.tokenize("read me");
      assertThat(other.submit(() -> vocabulary.tokenize("read me")).get()).isEqualTo(own);
      model.close();
      assertThatThrownBy(() -> other.submit(() -> vocabulary.tokenize("read me")).get())
          .hasRootCauseMessage("the model is closed");
    }
  }

  @Test
  void aFileThatLlamaCppDeclinesIsAnExceptionAndItsLogGoesToTheSink() throws Exception {
    Path text = Files.writeString(folder.resolve("text.gguf"), "no model at all, only text");
    var lines = new java.util.concurrent.CopyOnWriteArrayList<String>();
    Library.load(TestFiles.libraryFolder(), (severity, line) -> lines.add(severity + " " + line));

    assertThatThrownBy(() -> Model.load(library, text, _ -> true))
        .isInstanceOf(LlamaException.class)
        .hasMessageContaining("could not load");
    assertThat(lines).anyMatch(line -> line.startsWith("ERROR "));
  }

  @Test
  void whatACallbackThrowsStaysInJava() throws Exception {
    Path text = Files.writeString(folder.resolve("text2.gguf"), "no model at all, only text");
    long before = Callbacks.failures();
    Library.load(
        TestFiles.libraryFolder(),
        (_, _) -> {
          throw new IllegalStateException("thrown in an upcall");
        });

    assertThatThrownBy(() -> Model.load(library, text, _ -> true))
        .isInstanceOf(LlamaException.class);
    long afterLog = Callbacks.failures();
    assertThat(afterLog).isGreaterThan(before);
    Library.load(TestFiles.libraryFolder(), NativeLog.SILENT);

    Callbacks.Progress thrower =
        _ -> {
          throw new IllegalStateException("thrown in an upcall");
        };
    Model.load(library, file, thrower).close();
    assertThat(Callbacks.failures()).isGreaterThan(afterLog);
  }

  @Test
  void aLoadEndsWhenTheProgressSaysSo() {
    assertThatThrownBy(() -> Model.load(library, file, _ -> false))
        .isInstanceOf(LlamaException.class);
  }

  @Test
  void anAbortedDecodeSaysSoAndTheContextGoesOn() throws Exception {
    try (Model model = model();
        Context context = model.newContext(new ContextOptions(128, 16, 4, 1));
        Batch batch = new Batch(16, 4)) {
      batch.add(5, 0, 0);
      context.abortWhen(() -> true);
      assertThat(context.decode(batch)).isEqualTo(Context.Outcome.ABORTED);

      context.abortWhen(() -> false);
      context.cut(0, 0);
      assertThat(context.decode(batch)).isEqualTo(Context.Outcome.DONE);
    }
  }

  @Test
  void tokensAndPositionsThatDoNotFitAreExceptions() throws Exception {
    try (Model model = model();
        Context context = model.newContext(new ContextOptions(128, 16, 4, 1));
        Batch batch = new Batch(16, 4)) {
      batch.add(1_000_000, 0, 0);
      assertThatThrownBy(() -> context.decode(batch)).isInstanceOf(LlamaException.class);
      batch.clear();
      batch.add(5, 77, 0);
      batch.add(5, 99, 0);
      assertThatThrownBy(() -> context.decode(batch)).isInstanceOf(LlamaException.class);
      assertThatThrownBy(() -> model.vocabulary().endsGeneration(-1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void numbersThatAreNoneAreNotSampled() throws Exception {
    Path damaged =
        TinyModel.plain(128).with(Damage.NAN_WEIGHTS).writeTo(folder.resolve("nan.gguf"));
    try (Model model = Model.load(library, damaged, _ -> true);
        Context context = model.newContext(new ContextOptions(128, 16, 4, 1));
        Batch batch = new Batch(16, 4);
        Sampler sampler = new Sampler(new SamplerOptions(1, 40, .9f, .1f, 1), model.vocabulary())) {
      batch.add(5, 0, 0);
      batch.askForLogits();
      context.decode(batch);
      assertThatThrownBy(() -> sampler.sample(context, 0))
          .isInstanceOf(LlamaException.class)
          .hasMessageContaining("damaged");
    }
  }

  @Test
  void aVocabularyAloneTokenizesAndMakesNoContext() throws Exception {
    try (Model model = Model.loadVocabulary(library, file)) {
      assertThat(model.vocabulary().tokenize("ab")).hasSize(2);
      assertThatThrownBy(() -> model.newContext(new ContextOptions(128, 16, 4, 1)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void modelsComeAndGo() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Model model = model()) {
        model.newContext(new ContextOptions(128, 16, 4, 1));
        assertThat(model.trainedContext()).isEqualTo(128);
      }
    }
  }

  @Test
  void theBeginningOfAPromptIsMarkedOnce() throws Exception {
    try (Model model = model()) {
      Vocabulary vocabulary = model.vocabulary();
      int[] once = vocabulary.tokenizePrompt("ab", Vocabulary.Reading.WITH_SPECIAL_TOKENS);

      assertThat(once).startsWith(1).hasSize(3);
      assertThat(vocabulary.tokenizePrompt("<s>ab", Vocabulary.Reading.WITH_SPECIAL_TOKENS))
          .isEqualTo(once);
      assertThat(vocabulary.tokenizePrompt("<s>ab", Vocabulary.Reading.PLAIN).length)
          .isGreaterThan(once.length);
    }
  }

  @Test
  void knownTemplatesMakePromptsAndOthersNone() {
    var turns =
        List.of(new ChatTemplate.Turn("system", "Be brief."), new ChatTemplate.Turn("user", "é!"));

    assertThat(new ChatTemplate(TinyModel.CHATML).apply(turns, ChatTemplate.Ending.ANSWER))
        .contains(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\né!<|im_end|>\n"
                + "<|im_start|>assistant\n");
    assertThat(new ChatTemplate("{{ nobody knows }}").apply(turns, ChatTemplate.Ending.ANSWER))
        .isEmpty();
    assertThatThrownBy(() -> new ChatTemplate.Turn("user", "a\0b"))
        .isInstanceOf(IllegalArgumentException.class);
    var large = List.of(new ChatTemplate.Turn("user", "x".repeat(100_000)));
    assertThat(
            new ChatTemplate(TinyModel.CHATML)
                .apply(large, ChatTemplate.Ending.ANSWER)
                .orElseThrow())
        .hasSizeGreaterThan(100_000);
  }

  private static Model model() throws LlamaException {
    return Model.load(library, file, _ -> true);
  }
}
