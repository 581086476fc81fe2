package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.GREEDY;
import static llm.gpu.engine.EngineFixture.request;
import static llm.gpu.engine.SteppedEngine.letters;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.model.Temperature;
import llm.gpu.draft.Speculation;
import llm.gpu.draft.Speculation.Mode;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
@DisplayName("P-1: answers with drafted tokens are those without")
class SpeculationTest {
  private static final long SEED = 20_261_122;
  private static final int ANSWERS = 12;
  private static final int DRAFT = 8;

  /** A text in which the same words come again and again, as the models then go on. */
  private static final String REPETITIVE = "the cat and the dog and the cat and the dog and ";

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("drafts.gguf"));
  }

  private static EngineSettings always(EngineSettings settings) {
    return settings.withSpeculation(new Speculation(Mode.ALWAYS, DRAFT));
  }

  private static double accepted(SteppedEngine stepped) {
    return stepped
        .telemetry
        .metrics()
        .sum("llm_local_draft_tokens_total", "outcome", "accepted")
        .orElse(0);
  }

  private static double rejected(SteppedEngine stepped) {
    return stepped
        .telemetry
        .metrics()
        .sum("llm_local_draft_tokens_total", "outcome", "rejected")
        .orElse(0);
  }

  /** Any request whose probabilities can be compared. */
  private static ChatRequest any(SplittableRandom random) {
    var sampling =
        SamplingOptions.builder()
            .temperature(new Temperature(random.nextInt(3) * .4))
            .topK(random.nextInt(2) * 40)
            .seed(random.nextInt(1000))
            .repeatPenalty(1 + random.nextInt(2) * .05)
            .frequencyPenalty(random.nextInt(2) * .1)
            .topLogprobs(5)
            .build();
    int times = 1 + random.nextInt(4);
    return request(REPETITIVE.repeat(times), 20 + random.nextInt(100)).withSampling(sampling);
  }

  /** Each request alone, with drafts and without; some are right and some wrong. */
  private static void compare(Path file, EngineSettings plain) throws Exception {
    var random = new SplittableRandom(SEED);
    List<ChatRequest> requests = new ArrayList<>();
    for (int i = 0; i < ANSWERS; i++) {
      requests.add(any(random));
    }
    int same = 0;
    try (var drafting = new SteppedEngine(always(plain));
        var without = new SteppedEngine(plain)) {
      for (int i = 0; i < ANSWERS; i++) {
        drafting.ask("answer " + i, file, requests.get(i));
        without.ask("answer " + i, file, requests.get(i));
        SteppedEngine.Voice mine = drafting.end("answer " + i);
        SteppedEngine.Voice other = without.end("answer " + i);
        Alike.require(mine, other);
        same += mine.text().equals(other.text()) ? 1 : 0;
      }
      assertThat(same)
          .as("texts that are wholly the same, seed %d", SEED)
          .isGreaterThan(ANSWERS / 2);
      assertThat(accepted(drafting)).isPositive();
      assertThat(rejected(drafting)).isPositive();
      assertThat(accepted(without) + rejected(without)).isZero();
      assertThat(drafting.stepCount()).isLessThan(without.stepCount());
    }
  }

  @Test
  void ofARandomModel() throws Exception {
    compare(model, settings(2, 1));
  }

  @Test
  void ofTheRealModel() throws Exception {
    compare(TestFiles.stories(), settings(2, 1));
  }

  @Test
  void ofAModelSomeOfWhoseLayersForgetWhatLiesFarBack() throws Exception {
    Path window = TinyModel.plain(512).withWindow(24).writeTo(folder.resolve("window.gguf"));
    compare(window, settings(2, 1));
  }

  @Test
  void anAnswerThatRepeatsItselfTakesFewerSteps() throws Exception {
    try (var stepped = new SteppedEngine(always(settings(2, 1)))) {
      stepped.ask("letters", model, letters("b", 40));

      assertThat(stepped.end("letters").text()).isEqualTo("a".repeat(40));
      assertThat(stepped.end("letters").end().usage().completionTokens()).isEqualTo(40);
      assertThat(stepped.stepCount()).isLessThanOrEqualTo(4 + Math.ceilDiv(36, DRAFT + 1));
    }
  }

  @Test
  void anAnswerEndsAtItsLimitInTheMiddleOfADraft() throws Exception {
    try (var stepped = new SteppedEngine(always(settings(2, 1)))) {
      for (int limit = 1; limit < 20; limit++) {
        stepped.ask("letters", model, letters("b", limit));

        assertThat(stepped.end("letters").text()).isEqualTo("a".repeat(limit));
        var length =
            new StreamEvent.Done(FinishReason.LENGTH, new Usage(2, limit, cached(stepped)));
        assertThat(stepped.end("letters").end()).isEqualTo(length);
      }
    }
  }

  @Test
  void anAnswerEndsAtAStopStringInTheMiddleOfADraft() throws Exception {
    try (var stepped = new SteppedEngine(always(settings(2, 1)));
        var plain = new SteppedEngine(settings(2, 1))) {
      for (int length = 2; length < 20; length++) {
        ChatRequest asked = letters("b", 40);
        ChatRequest stops =
            asked.withSampling(
                asked.sampling().toBuilder().stop(List.of("a".repeat(length))).build());
        stepped.ask("stops", model, stops);
        plain.ask("stops", model, stops);

        assertThat(stepped.end("stops").text()).isEqualTo(plain.end("stops").text());
        assertThat(stepped.end("stops").end().usage().completionTokens())
            .as("the tokens up to the stop and no more")
            .isEqualTo(plain.end("stops").end().usage().completionTokens())
            .isEqualTo(length);
      }
    }
  }

  @Test
  void theNextPromptFindsWhatWasChosenAndNothingOfADraftThatWasNot() throws Exception {
    var varied = GREEDY.toBuilder().topLogprobs(5).build();
    try (var stepped = new SteppedEngine(always(settings(2, 1)));
        var plain = new SteppedEngine(settings(2, 1))) {
      String text = REPETITIVE;
      for (int turn = 0; turn < 6; turn++) {
        ChatRequest asked = request(text, 9 + turn).withSampling(varied);
        stepped.ask("turn " + turn, model, asked);
        plain.ask("turn " + turn, model, asked);
        Alike.require(stepped.end("turn " + turn), plain.end("turn " + turn));
        assertThat(stepped.end("turn " + turn).cachedTokens())
            .isEqualTo(plain.end("turn " + turn).cachedTokens());
        text += "abc ".repeat(3);
      }
    }
  }

  @Test
  void whatIsCancelledWhileADraftIsComputedGetsOneTokenMoreAtMost() throws Exception {
    try (var stepped = new SteppedEngine(always(settings(2, 1)))) {
      stepped.ask("leaves", model, letters("b", 500));
      stepped.at(8, () -> stepped.voice("leaves").call().cancel(CancelReason.USER));

      SteppedEngine.Voice left = stepped.end("leaves");
      assertThat(left.end()).isInstanceOf(StreamEvent.Cancelled.class);
      assertThat(left.end().usage().completionTokens()).isEqualTo(left.text().length());
      assertThat(stepped.stepCount()).isEqualTo(8);
      stepped.ask("again", model, letters("b" + "a".repeat(60), 10));
      assertThat(stepped.end("again").text()).isEqualTo("a".repeat(10));
      assertThat(stepped.end("again").cachedTokens())
          .as("memory is as told")
          .isLessThanOrEqualTo(62);
    }
  }

  @Test
  void severalAtOnceEachGetTheirOwn() throws Exception {
    try (var stepped = new SteppedEngine(always(settings(4, 1)))) {
      stepped.begin(
          model,
          () -> {
            for (int i = 0; i < 4; i++) {
              stepped.ask("stream " + i, model, forced('c' + i, 30 + i));
            }
          });
      for (int i = 0; i < 4; i++) {
        assertThat(stepped.end("stream " + i).text())
            .isEqualTo(String.valueOf((char) ('c' + i)).repeat(30 + i));
      }
      assertThat(accepted(stepped)).isGreaterThan(40);
      assertThat(stepped.stepCount()).isLessThan(30);
    }
  }

  @Test
  void inAPoolThatIsTooSmallNobodyIsParkedForADraft() throws Exception {
    var small = settings(new Slots(2, 1), 1024, new Prefixes(4, -1));
    try (var stepped = new SteppedEngine(always(small))) {
      stepped.begin(
          model,
          () -> {
            stepped.ask("one", model, letters("m".repeat(480), 30));
            stepped.ask("two", model, letters("n".repeat(480), 30));
          });

      assertThat(stepped.end("one").text()).isEqualTo("a".repeat(30));
      assertThat(stepped.end("two").text()).isEqualTo("a".repeat(30));
      assertThat(stepped.telemetry.metrics().sum("llm_local_parked_total").orElse(0)).isZero();
    }
  }

  @Test
  void whatIsParkedInTheMiddleGoesOnWithItsDrafts() throws Exception {
    var small = settings(new Slots(2, 1), 1024, new Prefixes(4, -1));
    try (var stepped = new SteppedEngine(always(small))) {
      stepped.begin(
          model,
          () -> {
            stepped.ask("one", model, letters("m".repeat(480), 300));
            stepped.ask("two", model, letters("n".repeat(480), 300));
          });

      assertThat(stepped.end("one").text()).isEqualTo("a".repeat(300));
      assertThat(stepped.end("two").text()).isEqualTo("a".repeat(300));
      assertThat(stepped.telemetry.metrics().sum("llm_local_parked_total").orElse(0)).isPositive();
      assertThat(accepted(stepped)).isPositive();
    }
  }

  private static int cached(SteppedEngine stepped) {
    return stepped.end("letters").cachedTokens();
  }

  private static ChatRequest forced(int letter, int count) {
    int token = 260 + letter - 'a';
    var only =
        SamplingOptions.builder()
            .temperature(new Temperature(1))
            .logitBias(Map.of(token, 100.0))
            .build();
    return request("z" + (char) letter, count).withSampling(only);
  }
}
