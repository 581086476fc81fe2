package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.GREEDY;
import static llm.gpu.engine.EngineFixture.request;
import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.error.LlmError;
import llm.domain.model.Temperature;
import llm.gpu.engine.SteppedEngine.Voice;
import llm.gpu.llama.Batch;
import llm.gpu.llama.Context;
import llm.gpu.llama.ContextOptions;
import llm.gpu.llama.Model;
import llm.gpu.llama.Vocabulary.Reading;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@DisplayName("P-1: how tokens are chosen, and what is told of the choice")
class ChoiceTest {
  private static final int VOCABULARY = 287; // of TinyModel
  private static final int LETTER_A = 260;
  private static final Offset<Double> CLOSE = Offset.offset(1e-3);

  @TempDir static Path folder;
  private static Path model;
  private SteppedEngine stepped;
  private int asked;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(512).writeTo(folder.resolve("choice.gguf"));
  }

  @BeforeEach
  void open() {
    stepped = new SteppedEngine(settings(2, 1));
  }

  @AfterEach
  void close() {
    stepped.close();
  }

  private Voice answer(Path file, String prompt, int maxTokens, SamplingOptions sampling)
      throws Exception {
    String name = "call " + ++asked;
    stepped.ask(name, file, request(prompt, maxTokens).withSampling(sampling));
    return stepped.end(name);
  }

  private Voice answer(int maxTokens, SamplingOptions sampling) throws Exception {
    return answer(model, "hello", maxTokens, sampling);
  }

  /** The tokens of TinyModel that stand for a byte. */
  private static List<Integer> tokensOf(int value) {
    boolean letter = value >= 'a' && value <= 'z';
    return letter ? List.of(3 + value, LETTER_A + value - 'a') : List.of(3 + value);
  }

  @Test
  void aBiasOfAHundredForcesATokenWhateverTheTemperature() throws Exception {
    var forced = Map.of(LETTER_A + 1, 100.0);
    for (double temperature : new double[] {0, 1, 2}) {
      var sampling =
          SamplingOptions.builder()
              .temperature(new Temperature(temperature))
              .logitBias(forced)
              .build();
      assertThat(answer(30, sampling).text()).isEqualTo("b".repeat(30));
    }
  }

  @Test
  void aBiasOfMinusAHundredForbidsTokens() throws Exception {
    Voice free = answer(40, GREEDY.toBuilder().topLogprobs(0).build());
    Map<Integer, Double> forbidden = new HashMap<>();
    List<List<Byte>> pieces = free.tokens().stream().map(TokenLogprob::bytes).toList();
    pieces.stream()
        .filter(bytes -> bytes.size() == 1)
        .flatMap(bytes -> tokensOf(bytes.getFirst() & 0xff).stream())
        .forEach(token -> forbidden.put(token, -100.0));
    Voice without = answer(40, GREEDY.toBuilder().logitBias(forbidden).topLogprobs(0).build());

    assertThat(forbidden).isNotEmpty();
    assertThat(without.tokens())
        .filteredOn(token -> token.bytes().size() == 1)
        .extracting(TokenLogprob::bytes)
        .doesNotContainAnyElementsOf(pieces);
  }

  @ParameterizedTest
  @ValueSource(ints = {VOCABULARY, 1_000_000})
  void aTokenThatTheModelLacksIsABadRequestThatNamesIt(int token) throws Exception {
    Voice refused = answer(5, GREEDY.toBuilder().logitBias(Map.of(token, 1.0)).build());

    assertThat(refused.end())
        .isInstanceOfSatisfying(
            StreamEvent.Failed.class,
            failed -> {
              assertThat(failed.error()).isInstanceOf(LlmError.InvalidRequest.class);
              assertThat(failed.error().message())
                  .contains("Token " + token + " is not one of this model's 287", "0 to 286");
            });
    var last = GREEDY.toBuilder().logitBias(Map.of(VOCABULARY - 1, 100.0)).build();
    assertThat(answer(3, last).text()).as("the last one is").isEqualTo("é".repeat(3));
  }

  @Test
  void penaltiesEndARepetition() throws Exception {
    var repeating = GREEDY.toBuilder().logitBias(Map.of(LETTER_A, 12.0));
    assertThat(answer(60, repeating.build()).text()).isEqualTo("a".repeat(60));

    for (SamplingOptions penalised :
        List.of(
            repeating.frequencyPenalty(2).build(),
            repeating.frequencyPenalty(0).repeatPenalty(8).build())) {
      Voice answer = answer(60, penalised);
      assertThat(answer.text()).startsWith("a").isNotEqualTo("a".repeat(60));
      assertThat(answer.end().usage().completionTokens()).isEqualTo(60);
    }
  }

  @Test
  void aPresencePenaltyPrefersWhatHasNotComeYet() throws Exception {
    Map<Integer, Double> onlyLetters = new HashMap<>();
    IntStream.range(LETTER_A, LETTER_A + 26).forEach(token -> onlyLetters.put(token, 90.0));
    var letters = GREEDY.toBuilder().logitBias(onlyLetters);
    String free = answer(60, letters.build()).text();
    String varied = answer(60, letters.presencePenalty(2).build()).text();

    assertThat(free + varied).matches("[a-z]{120}");
    assertThat(varied.chars().distinct().count()).isGreaterThan(free.chars().distinct().count());
  }

  @Test
  void logProbabilitiesAreTheSoftmaxOfTheModelsOwnLogits() throws Exception {
    var sampling =
        letters("", 1).sampling().toBuilder().topLogprobs(20).temperature(new Temperature(1));
    Voice voice = answer(4, sampling.build());
    assertThat(voice.text()).isEqualTo("aaaa");
    assertThat(voice.tokens()).hasSize(4);

    try (Model loaded = Model.load(TestFiles.library(), model, _ -> true);
        Context context = loaded.newContext(new ContextOptions(512, 64, 1, 1));
        Batch batch = new Batch(64, 1)) {
      int[] prompt = loaded.vocabulary().tokenizePrompt("hello", Reading.PLAIN);
      for (int i = 0; i < prompt.length; i++) {
        batch.add(prompt[i], i, 0);
      }
      for (int i = 0; i < 4; i++) {
        int index = batch.askForLogits();
        assertThat(context.decode(batch)).isEqualTo(Context.Outcome.DONE);
        requireSoftmax(voice.tokens().get(i), context.logits(index));
        batch.clear();
        batch.add(LETTER_A, prompt.length + i, 0);
      }
    }
  }

  private static void requireSoftmax(TokenLogprob told, MemorySegment logits) {
    double[] values =
        IntStream.range(0, VOCABULARY)
            .mapToDouble(i -> logits.getAtIndex(ValueLayout.JAVA_FLOAT, i))
            .toArray();
    double sum = Arrays.stream(values).map(Math::exp).sum();
    double[] expected =
        Arrays.stream(values).map(value -> Math.log(Math.exp(value) / sum)).toArray();

    assertThat(Arrays.stream(expected).map(Math::exp).sum()).isCloseTo(1, CLOSE);
    assertThat(told.logprob()).isCloseTo(expected[LETTER_A], CLOSE);
    assertThat(told.top())
        .hasSize(20)
        .isSortedAccordingTo(Comparator.comparingDouble(top -> -top.logprob()));
    double[] sorted = Arrays.stream(expected).sorted().toArray();
    for (int i = 0; i < 20; i++) {
      assertThat(told.top().get(i).logprob()).isCloseTo(sorted[VOCABULARY - 1 - i], CLOSE);
    }
  }

  @Test
  void everyTokenIsToldOnceHoweverItsBytesFall() throws Exception {
    for (long seed = 1; seed <= 5; seed++) {
      var sampling =
          SamplingOptions.builder()
              .temperature(new Temperature(2))
              .topK(0)
              .topP(1)
              .minP(0)
              .seed(seed)
              .topLogprobs(0)
              .build();
      Voice voice = answer(150, sampling);

      int count = voice.end().usage().completionTokens();
      assertThat(voice.tokens()).as("seed %d", seed).hasSize(count);
      assertThat(new String(bytes(voice.tokens()), StandardCharsets.UTF_8))
          .as("seed %d", seed)
          .isEqualTo(voice.text());
    }
  }

  @Test
  void aStopStringCutsWhatIsToldOfTheTokensToo() throws Exception {
    Path stories = TestFiles.stories();
    var told = GREEDY.toBuilder().topLogprobs(1);
    Voice whole = answer(stories, "Once upon a time", 60, told.build());
    for (String stop : List.of("named", "amed", "girl n", ", there")) {
      Voice cut = answer(stories, "Once upon a time", 60, told.stop(List.of(stop)).build());

      assertThat(cut.text()).isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
      assertThat(cut.tokens()).as(stop).isEqualTo(whole.tokens().subList(0, cut.tokens().size()));
      String all = new String(bytes(cut.tokens()), StandardCharsets.UTF_8);
      assertThat(all).as(stop).startsWith(cut.text());
      int last = cut.tokens().isEmpty() ? 0 : cut.tokens().getLast().bytes().size();
      assertThat(all.length() - last)
          .as("ends in its last token")
          .isLessThanOrEqualTo(cut.text().length());
    }
  }

  @Test
  void aTokenOfWhichAPartIsHeldBackDoesNotBringLaterOnesAlong() throws Exception {
    Path stories = TestFiles.stories();
    var told = GREEDY.toBuilder().topLogprobs(0);
    Voice whole = answer(stories, "Once upon a time", 40, told.build());
    List<String> pieces =
        whole.tokens().stream()
            .map(token -> new String(bytes(List.of(token)), StandardCharsets.UTF_8))
            .toList();
    for (int i = 1; i + 3 < pieces.size(); i++) {
      String first = pieces.get(i);
      String never = first.charAt(first.length() - 1) + pieces.get(i + 1) + "\u0001";
      String stop = String.join("", pieces.subList(i + 2, i + 4));
      Voice cut = answer(stories, "Once upon a time", 40, told.stop(List.of(never, stop)).build());

      assertThat(cut.text()).isEqualTo(whole.text().substring(0, whole.text().indexOf(stop)));
      List<TokenLogprob> butLast = cut.tokens().subList(0, Math.max(0, cut.tokens().size() - 1));
      assertThat(bytes(butLast).length)
          .as("the last one told of begins in the text, stop '%s'", stop)
          .isLessThan(Math.max(1, cut.text().length()));
      assertThat(bytes(cut.tokens()).length).isGreaterThanOrEqualTo(cut.text().length());
    }
  }

  private static byte[] bytes(List<TokenLogprob> tokens) {
    var bytes = new ByteArrayOutputStream();
    tokens.forEach(token -> token.bytes().forEach(bytes::write));
    return bytes.toByteArray();
  }
}
