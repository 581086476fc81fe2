package llm.gpu.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import llm.domain.embedding.Embedding;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyBert;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.testmodel.TinyModel.Damage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@DisplayName("P-3: vectors by llama.cpp, of encoders and of generating models")
class EmbeddingContextTest {
  private static final int WINDOW = 64;

  /** Attention is computed in 16-bit floats, and its sums come in another order in company. */
  private static final double TOLERANCE = 2e-3;

  @TempDir static Path folder;
  private static Library library;
  private static Path encoder;
  private static Path generator;

  @BeforeAll
  static void write() {
    library = TestFiles.library();
    encoder = new TinyBert(WINDOW, 1).writeTo(folder.resolve("bert.gguf"));
    generator = TinyModel.plain(WINDOW).writeTo(folder.resolve("llama.gguf"));
  }

  @ParameterizedTest
  @EnumSource
  void anEncodersVectorDoesNotDependOnItsCompany(Pooling pooling) throws Exception {
    companyChangesNothing(encoder, pooling, 5, 57);
  }

  @ParameterizedTest
  @EnumSource
  void aGeneratorsVectorDoesNotDependOnItsCompany(Pooling pooling) throws Exception {
    companyChangesNothing(generator, pooling, 3, 280);
  }

  private static void companyChangesNothing(Path file, Pooling pooling, int from, int to)
      throws Exception {
    long seed = System.nanoTime();
    var random = new SplittableRandom(seed);
    try (Model model = load(file);
        EmbeddingContext context =
            model.newEmbeddingContext(new EmbeddingContext.Options(256, 16, 1, pooling))) {
      List<int[]> texts = new ArrayList<>();
      List<Embedding> alone = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        int[] text = random.ints(1 + random.nextInt(WINDOW), from, to).toArray();
        text[0] = from + i; // all differ, in what CLS looks at too
        texts.add(text);
        alone.add(context.embed(List.of(text)).orElseThrow().getFirst());
      }
      for (int round = 0; round < 20; round++) {
        List<Integer> chosen = new ArrayList<>();
        int tokens = 0;
        for (int i = random.nextInt(24); tokens < 150 && chosen.size() < 16; i = (i + 7) % 24) {
          tokens += texts.get(i).length;
          chosen.add(i);
        }
        List<Embedding> together =
            context.embed(chosen.stream().map(texts::get).toList()).orElseThrow();
        for (int i = 0; i < chosen.size(); i++) {
          assertThat(distance(together.get(i), alone.get(chosen.get(i))))
              .as("seed %d, round %d, text %d of %d", seed, round, i, chosen.size())
              .isLessThan(TOLERANCE);
          int other = (chosen.get(i) + 1) % 24;
          assertThat(distance(together.get(i), alone.get(other)))
              .as("seed %d: texts differ by more", seed)
              .isGreaterThan(5 * TOLERANCE);
        }
      }
    }
  }

  @Test
  void vectorsHaveTheModelsLengthAndLengthOne() throws Exception {
    try (Model model = load(encoder);
        EmbeddingContext context = context(model, 32)) {
      assertThat(model.dimensions()).isEqualTo(TinyBert.WIDTH);
      assertThat(context.dimensions()).isEqualTo(TinyBert.WIDTH);
      int[] tokens = model.vocabulary().tokenizeInput("abc de");
      assertThat(tokens).as("[CLS] ▁a b c ▁d e [SEP]").hasSize(7).startsWith(2).endsWith(3);
      Embedding vector = context.embed(List.of(tokens)).orElseThrow().getFirst();
      assertThat(vector.size()).isEqualTo(TinyBert.WIDTH);
      assertThat(product(vector, vector)).isCloseTo(1, within(1e-5));
      int[] other = model.vocabulary().tokenizeInput("xyz");
      assertThat(distance(vector, context.embed(List.of(other)).orElseThrow().getFirst()))
          .as("another text has another vector")
          .isGreaterThan(.01);
    }
  }

  @Test
  void namesOfSpecialTokensAreTextInInputs() throws Exception {
    try (Model model = load(encoder)) {
      int[] tokens = model.vocabulary().tokenizeInput("a [SEP] b");
      assertThat(List.of(tokens[0], tokens[tokens.length - 1])).containsExactly(2, 3);
      for (int i = 1; i < tokens.length - 1; i++) {
        assertThat(tokens[i]).isNotIn(2, 3);
      }
    }
  }

  @Test
  void poolingChoosesAmongTheTokens() throws Exception {
    int[] text = {10, 11, 12, 13};
    try (Model model = load(generator)) {
      Embedding first = embed(model, Pooling.CLS, text);
      Embedding last = embed(model, Pooling.LAST, text);
      Embedding mean = embed(model, Pooling.MEAN, text);
      assertThat(distance(first, embed(model, Pooling.CLS, new int[] {10, 20})))
          .as("the first token has seen no other")
          .isLessThan(TOLERANCE);
      assertThat(distance(first, last)).isGreaterThan(.01);
      assertThat(distance(mean, last)).isGreaterThan(.01);
    }
  }

  @Test
  void filesSayHowTheyWantIt() throws Exception {
    assertThat(Pooling.ofFile(0)).isEqualTo(Pooling.MEAN);
    assertThat(Pooling.ofFile(1)).isEqualTo(Pooling.MEAN);
    assertThat(Pooling.ofFile(2)).isEqualTo(Pooling.CLS);
    assertThat(Pooling.ofFile(3)).isEqualTo(Pooling.LAST);
    assertThatThrownBy(() -> Pooling.ofFile(4)).hasMessageContaining("ranks texts");
    assertThatThrownBy(() -> Pooling.ofFile(77)).hasMessageContaining("pooling type 77");
  }

  @Test
  void anEncoderGeneratesNothing() throws Exception {
    try (Model model = load(encoder)) {
      assertThatThrownBy(() -> model.newContext(new ContextOptions(64, 16, 1, 1)))
          .isInstanceOf(LlamaException.class)
          .hasMessageContaining("makes embeddings only");
      try (EmbeddingContext context = context(model, 16)) {
        assertThat(context.embed(List.of(new int[] {5})).orElseThrow()).hasSize(1);
      }
    }
  }

  @Test
  void whatWouldAbortTheProcessIsRefused() throws Exception {
    assertThatThrownBy(() -> new EmbeddingContext.Options(8, 9, 1, Pooling.MEAN))
        .hasMessageContaining("9 sequences must be 1 to 8");
    assertThatThrownBy(() -> new EmbeddingContext.Options(512, 257, 1, Pooling.MEAN))
        .hasMessageContaining("1 to 256");
    assertThatThrownBy(() -> new EmbeddingContext.Options(0, 1, 1, Pooling.MEAN))
        .isInstanceOf(IllegalArgumentException.class);
    try (Model model = load(encoder);
        EmbeddingContext wide =
            model.newEmbeddingContext(new EmbeddingContext.Options(128, 2, 1, Pooling.MEAN))) {
      assertThat(wide.longest()).as("its positions end there").isEqualTo(WINDOW);
      for (List<int[]> wrong :
          List.of(
              List.<int[]>of(),
              List.of(new int[0]),
              List.of(new int[WINDOW + 1]),
              List.of(new int[] {5}, new int[] {5}, new int[] {5}))) {
        assertThatThrownBy(() -> wide.embed(wrong)).isInstanceOf(IllegalArgumentException.class);
      }
      int[] full = new int[WINDOW];
      java.util.Arrays.fill(full, 5);
      assertThat(wide.embed(List.of(full, full)).orElseThrow()).hasSize(2);
      assertThatThrownBy(() -> wide.embed(List.of(new int[] {100_000})))
          .isInstanceOf(LlamaException.class);
      assertThatThrownBy(() -> wide.embed(List.of(new int[] {-1})))
          .isInstanceOf(LlamaException.class);
      assertThat(wide.embed(List.of(new int[] {5})).orElseThrow())
          .as("it goes on after a refusal")
          .hasSize(1);
    }
  }

  @Test
  void numbersThatAreNoneAreAFailure() throws Exception {
    Path damaged =
        TinyModel.plain(WINDOW).with(Damage.NAN_EMBEDDING).writeTo(folder.resolve("nan.gguf"));
    try (Model model = load(damaged);
        EmbeddingContext context = context(model, 16)) {
      assertThatThrownBy(() -> context.embed(List.of(new int[] {5})))
          .isInstanceOf(LlamaException.class)
          .hasMessageContaining("numbers that are none");
    }
  }

  @Test
  void aDecodeThatIsAbortedGivesNothingAndHurtsNothing() throws Exception {
    for (Path file : List.of(encoder, generator)) {
      try (Model model = load(file);
          EmbeddingContext context = context(model, WINDOW)) {
        int[] text = {10, 11, 12};
        Embedding before = context.embed(List.of(text)).orElseThrow().getFirst();
        context.abortWhen(() -> true);
        assertThat(context.embed(List.of(text))).isEmpty();
        context.abortWhen(() -> false);
        Embedding after = context.embed(List.of(text)).orElseThrow().getFirst();
        assertThat(distance(before, after)).isLessThan(TOLERANCE);
      }
    }
  }

  @Test
  void itBelongsToItsThreadAndIsClosedWithItsModel() throws Exception {
    Model model = load(encoder);
    EmbeddingContext context = context(model, 16);
    try (var threads = Executors.newSingleThreadExecutor()) {
      Callable<?> foreign = () -> context.embed(List.of(new int[] {5}));
      assertThatThrownBy(() -> threads.submit(foreign).get())
          .hasRootCauseInstanceOf(IllegalStateException.class);
    }
    model.close();
    assertThatThrownBy(() -> context.embed(List.of(new int[] {5})))
        .hasMessageContaining("is closed");
    context.close();
  }

  private static Embedding embed(Model model, Pooling pooling, int[] text) throws LlamaException {
    try (EmbeddingContext context =
        model.newEmbeddingContext(new EmbeddingContext.Options(WINDOW, 4, 1, pooling))) {
      return context.embed(List.of(text)).orElseThrow().getFirst();
    }
  }

  private static Model load(Path file) throws LlamaException {
    return Model.load(library, file, _ -> true);
  }

  private static EmbeddingContext context(Model model, int batchTokens) throws LlamaException {
    return model.newEmbeddingContext(new EmbeddingContext.Options(batchTokens, 4, 1, Pooling.MEAN));
  }

  private static double distance(Embedding left, Embedding right) {
    double most = 0;
    for (int index = 0; index < left.size(); index++) {
      most = Math.max(most, Math.abs(left.get(index) - right.get(index)));
    }
    return most;
  }

  private static double product(Embedding left, Embedding right) {
    double sum = 0;
    for (int index = 0; index < left.size(); index++) {
      sum += (double) left.get(index) * right.get(index);
    }
    return sum;
  }
}
