package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.GREEDY;
import static llm.gpu.engine.EngineFixture.request;
import static llm.gpu.engine.SteppedEngine.settings;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.CancelReason;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.ResponseFormat;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.model.Temperature;
import llm.gpu.draft.Speculation;
import llm.gpu.draft.Speculation.Mode;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.GgufWriter;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
@DisplayName("P-1: a draft model guesses, and answers are those without it")
class DraftModelTest {
  private static final int DRAFT = 6;
  private static final String FORM = "root ::= [ab]{30,40} \"!\"";

  @TempDir static Path folder;
  private static Path model;
  private static Path equal;
  private static Path stranger;

  @BeforeAll
  static void write() throws Exception {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("main.gguf"));
    equal = Files.copy(model, folder.resolve("equal.gguf"));
    stranger = TinyModel.plain(1024).withSeed(99).writeTo(folder.resolve("stranger.gguf"));
  }

  private static EngineSettings with(Path draft, EngineSettings settings) {
    return settings.withSpeculation(new Speculation(Mode.ALWAYS, DRAFT, Optional.of(draft)));
  }

  private static SteppedEngine drafting(Path draft) {
    return new SteppedEngine(with(draft, settings(4, 1)));
  }

  private static double byModel(SteppedEngine stepped, String outcome) {
    return stepped
        .telemetry
        .metrics()
        .sum("llm_local_draft_model_tokens_total", "outcome", outcome)
        .orElse(0);
  }

  /** What no look-up finds: tokens drawn at random. */
  private static ChatRequest random(long seed, double temperature, int tokens) {
    return request("say", tokens)
        .withSampling(
            SamplingOptions.builder()
                .temperature(new Temperature(temperature))
                .seed(seed)
                .topLogprobs(5)
                .build());
  }

  private static ChatRequest greedy(String text, int tokens) {
    return request(text, tokens).withSampling(GREEDY.toBuilder().topLogprobs(5).build());
  }

  private static SteppedEngine.Voice alone(ChatRequest asked) throws Exception {
    try (var plain = new SteppedEngine(settings(4, 1))) {
      plain.ask("plain", model, asked);
      return plain.end("plain");
    }
  }

  @Test
  void oneThatIsTheModelItselfIsAlwaysRight() throws Exception {
    ChatRequest asked = greedy("some words", 40);
    SteppedEngine.Voice plain = alone(asked);
    try (var stepped = drafting(equal)) {
      stepped.ask("drafted", model, asked);

      Alike.require(stepped.end("drafted"), plain);
      assertThat(byModel(stepped, "accepted")).isGreaterThan(5);
      assertThat(byModel(stepped, "rejected")).as("up to rounding").isLessThanOrEqualTo(1);
      assertThat(stepped.stepCount()).isLessThan(30);
    }
  }

  @Test
  void oneThatKnowsNothingChangesNothing() throws Exception {
    try (var stepped = drafting(stranger)) {
      for (int seed = 1; seed <= 6; seed++) {
        ChatRequest asked = random(seed, seed % 3 * 0.7, 60);
        stepped.ask("drafted " + seed, model, asked);

        Alike.require(stepped.end("drafted " + seed), alone(asked));
      }
      assertThat(byModel(stepped, "rejected")).isGreaterThan(100);
      assertThat(byModel(stepped, "accepted")).isLessThan(byModel(stepped, "rejected") / 4);
    }
  }

  @Test
  void whatIsDrawnAtRandomIsDrawnAsWithout() throws Exception {
    int same = 0;
    try (var stepped = drafting(equal)) {
      for (int seed = 1; seed <= 8; seed++) {
        ChatRequest asked = random(seed, 0.8, 60);
        stepped.ask("drafted " + seed, model, asked);
        SteppedEngine.Voice plain = alone(asked);
        Alike.require(stepped.end("drafted " + seed), plain);
        same += stepped.end("drafted " + seed).text().equals(plain.text()) ? 1 : 0;
      }
      assertThat(byModel(stepped, "accepted")).isPositive();
      assertThat(byModel(stepped, "rejected")).isPositive();
    }
    assertThat(same).as("texts that are the same to the last digit of rounding").isGreaterThan(4);
  }

  @Test
  void severalAnswersAreDraftedTogether() throws Exception {
    List<ChatRequest> asked = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      asked.add(random(i, 0.6, 50));
    }
    try (var stepped = drafting(equal)) {
      stepped.begin(
          model,
          () -> {
            for (int i = 0; i < 4; i++) {
              stepped.ask("stream " + i, model, asked.get(i));
            }
          });
      for (int i = 0; i < 4; i++) {
        Alike.require(stepped.end("stream " + i), alone(asked.get(i)));
      }
      assertThat(byModel(stepped, "accepted")).isGreaterThan(20);
    }
  }

  @Test
  void whatIsCancelledInADraftLeavesNothingBehind() throws Exception {
    ChatRequest next = random(5, 0.6, 40);
    try (var stepped = drafting(equal)) {
      stepped.ask("leaves", model, random(4, 0.6, 400));
      stepped.at(8, () -> stepped.voice("leaves").call().cancel(CancelReason.USER));
      assertThat(stepped.end("leaves").end()).isInstanceOf(StreamEvent.Cancelled.class);

      stepped.ask("next", model, next);
      Alike.require(stepped.end("next"), alone(next));
      assertThat(byModel(stepped, "accepted")).isPositive();
    }
  }

  @Test
  void promptsThatBeginAlikeAreReadOnce() throws Exception {
    String before = "the same words ".repeat(30);
    try (var stepped = drafting(equal);
        var plain = new SteppedEngine(settings(4, 1))) {
      for (String turn : List.of("", "a", "ab", "b", "bcd")) {
        ChatRequest asked = greedy(before + turn, 12);
        stepped.ask("turn" + turn, model, asked);
        plain.ask("turn" + turn, model, asked);

        Alike.require(stepped.end("turn" + turn), plain.end("turn" + turn));
        assertThat(stepped.end("turn" + turn).cachedTokens())
            .as("kept of the model itself")
            .isEqualTo(plain.end("turn" + turn).cachedTokens());
      }
      assertThat(byModel(stepped, "accepted")).isPositive();
    }
  }

  @Test
  void anAnswerGoesOnToTheEndOfItsWindow() throws Exception {
    Path narrow = TinyModel.plain(128).writeTo(folder.resolve("narrow.gguf"));
    Path twin = Files.copy(narrow, folder.resolve("narrow-draft.gguf"));
    try (var stepped = drafting(twin)) {
      stepped.ask("long", narrow, random(3, 0.7, 500));
      var end = (StreamEvent.Done) stepped.end("long").end();

      assertThat(end.finishReason()).isEqualTo(FinishReason.LENGTH);
      assertThat(end.usage().totalTokens()).isEqualTo(128);
    }
  }

  @Test
  void oneOfAShorterWindowStopsThere() throws Exception {
    Path narrow = TinyModel.plain(64).writeTo(folder.resolve("short.gguf"));
    ChatRequest asked = random(3, 0.7, 200);
    try (var stepped = drafting(narrow)) {
      stepped.ask("long", model, asked);

      Alike.require(stepped.end("long"), alone(asked));
      double within = byModel(stepped, "accepted") + byModel(stepped, "rejected");
      assertThat(within).isBetween(1.0, 64.0 * DRAFT);
    }
  }

  @Test
  void oneSomeOfWhoseLayersForgetWhatLiesFarBackFollowsAllTheSame() throws Exception {
    Path main = TinyModel.plain(512).withWindow(24).writeTo(folder.resolve("window.gguf"));
    Path draft = Files.copy(main, folder.resolve("window-draft.gguf"));
    try (var stepped = drafting(draft);
        var plain = new SteppedEngine(settings(4, 1))) {
      for (int seed = 1; seed <= 4; seed++) {
        ChatRequest asked = random(seed, 0.3, 100);
        stepped.ask("answer " + seed, main, asked);
        plain.ask("answer " + seed, main, asked);
        Alike.require(stepped.end("answer " + seed), plain.end("answer " + seed));
      }
      assertThat(byModel(stepped, "accepted")).isPositive();
    }
  }

  @Test
  void inAPoolThatIsTooSmallForAllTheyGoOnWithout() throws Exception {
    var small = settings(new Slots(2, 1), 1024, new Prefixes(4, -1));
    var random = new SplittableRandom(1);
    try (var stepped = new SteppedEngine(with(equal, small))) {
      stepped.begin(
          model,
          () -> {
            for (String name : List.of("one", "two", "three")) {
              stepped.ask(name, model, random(random.nextInt(100), 0.7, 450));
            }
          });
      for (String name : List.of("one", "two", "three")) {
        assertThat(stepped.end(name).end()).isInstanceOf(StreamEvent.Done.class);
      }
    }
  }

  @Test
  void anAnswerHeldToAGrammarIsDraftedToo() throws Exception {
    ChatRequest asked = request("say", 60);
    var held =
        asked
            .withSampling(
                SamplingOptions.builder().temperature(new Temperature(2)).seed(5L).build())
            .withForm(asked.form().withFormat(new ResponseFormat.Grammar(FORM)));
    try (var stepped = drafting(equal)) {
      stepped.ask("held", model, held);

      assertThat(stepped.end("held").text()).matches("[ab]{30,40}!");
      assertThat(byModel(stepped, "rejected") + byModel(stepped, "accepted")).isPositive();
    }
  }

  @Test
  void aSeedIsDraftedOnlyWhereThatIsAlwaysWanted() throws Exception {
    var auto =
        settings(4, 1).withSpeculation(new Speculation(Mode.AUTO, DRAFT, Optional.of(equal)));
    try (var stepped = new SteppedEngine(auto)) {
      stepped.ask("seeded", model, random(7, 0.2, 100));
      stepped.end("seeded");
      assertThat(byModel(stepped, "accepted") + byModel(stepped, "rejected")).isZero();

      stepped.ask("free", model, greedy("some words", 100));
      stepped.end("free");
      assertThat(byModel(stepped, "accepted")).isPositive();
    }
  }

  private static List<RecordingTelemetry.Event> problems(SteppedEngine stepped) {
    return stepped.telemetry.events("draft_model_problem");
  }

  private static void servesWithout(Path draft, String why) throws Exception {
    ChatRequest asked = greedy("some words", 20);
    try (var stepped = drafting(draft)) {
      stepped.ask("answer", model, asked);

      Alike.require(stepped.end("answer"), alone(asked));
      assertThat(byModel(stepped, "accepted") + byModel(stepped, "rejected")).isZero();
      assertThat(problems(stepped)).hasSize(1);
      assertThat(problems(stepped).getFirst().text("problem").orElseThrow()).isEqualTo(why);
      assertThat(stepped.engine.status().models().getFirst().drafts())
          .isEqualTo(" without a draft model (" + why + ")");
    }
  }

  @Test
  void oneOfAnotherVocabularyIsNotUsedAndWhatDiffersIsTold() throws Exception {
    byte[] bytes = Files.readAllBytes(model);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("\u0001\0\0\0\0\0\0\0q");
    bytes[at + 8] = 'Q';
    Path other = Files.write(folder.resolve("other.gguf"), bytes);
    servesWithout(
        other,
        "The draft model other.gguf has another vocabulary than main.gguf: token 276 is 'Q', not"
            + " 'q'.");

    servesWithout(
        TestFiles.stories(),
        "The draft model stories260K-f32.gguf has another vocabulary than main.gguf: 512 tokens,"
            + " not 287.");
  }

  @Test
  void oneThatIsNotThereOrBrokenIsNotUsed() throws Exception {
    servesWithout(folder.resolve("absent.gguf"), "The draft model absent.gguf does not exist.");
    Path broken = Files.write(folder.resolve("broken.gguf"), new GgufWriter().bytes());
    try (var stepped = drafting(broken)) {
      stepped.ask("answer", model, greedy("a", 3));
      stepped.end("answer");
      assertThat(problems(stepped)).hasSize(1);
    }
  }

  @Test
  void oneThatComputesNoNumbersIsGivenUp() throws Exception {
    Path damaged =
        TinyModel.plain(1024)
            .with(TinyModel.Damage.NAN_WEIGHTS)
            .writeTo(folder.resolve("damaged.gguf"));
    ChatRequest asked = greedy("some words", 20);
    try (var stepped = drafting(damaged)) {
      stepped.ask("answer", model, asked);

      Alike.require(stepped.end("answer"), alone(asked));
      assertThat(stepped.telemetry.events("draft_model_failed")).hasSize(1);
      assertThat(stepped.engine.status().models().getFirst().drafts())
          .startsWith(" without a draft model (The draft model damaged.gguf was given up until");
    }
  }

  @Test
  void aModelDraftsNothingForItself() throws Exception {
    try (var stepped = drafting(model)) {
      stepped.ask("answer", model, greedy("some words", 20));
      stepped.end("answer");

      assertThat(byModel(stepped, "accepted")).isZero();
      assertThat(stepped.engine.status().models().getFirst().drafts()).isEmpty();
    }
  }

  @Test
  void oneThatChangedIsLoadedAnew() throws Exception {
    Path draft = folder.resolve("changing.gguf");
    try (var stepped = drafting(draft)) {
      stepped.ask("without", model, greedy("some words", 10));
      stepped.end("without");
      assertThat(problems(stepped)).hasSize(1);

      Files.copy(model, draft);
      stepped.ask("first", model, greedy("some words", 40));
      stepped.end("first");
      assertThat(byModel(stepped, "accepted")).isPositive();

      TinyModel.plain(512).withSeed(3).writeTo(draft);
      stepped.ask("second", model, greedy("some words", 40));
      stepped.end("second");
      assertThat(byModel(stepped, "rejected")).isPositive();
    }
  }
}
