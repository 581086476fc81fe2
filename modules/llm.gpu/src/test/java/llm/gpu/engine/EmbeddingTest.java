package llm.gpu.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.CallScope;
import llm.domain.call.CancelReason;
import llm.domain.chat.StreamEvent;
import llm.domain.embedding.Embedding;
import llm.domain.embedding.EmbeddingInput;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyBert;
import llm.gpu.testmodel.TinyModel;
import llm.gpu.testmodel.TinyModel.Damage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-3: the engine makes vectors, beside answers that stream")
class EmbeddingTest {
  private static final ModelName MODEL = new ModelName("local");
  private static final double TOLERANCE = 2e-3; // attention is computed in 16-bit floats

  @TempDir static Path folder;
  private static Path encoder;
  private static Path generator;

  @BeforeAll
  static void write() {
    TestFiles.library();
    encoder = new TinyBert(64, 1).writeTo(folder.resolve("bert.gguf"));
    generator = TinyModel.chat(256).writeTo(folder.resolve("llama.gguf"));
  }

  @Test
  void manyRequestsAtOnceHaveTheVectorsThatEachHasAlone() throws Exception {
    for (Path file : List.of(encoder, generator)) {
      long seed = System.nanoTime();
      var random = new SplittableRandom(seed);
      List<EmbeddingRequest> requests = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        requests.add(EmbeddingRequest.of(MODEL, texts(random, 1 + random.nextInt(20))));
      }
      try (var fixture = new EngineFixture(EngineFixture.free());
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<EmbeddingResult> alone = new ArrayList<>();
        for (EmbeddingRequest request : requests) {
          alone.add(embed(fixture, file, request));
        }
        List<Future<EmbeddingResult>> together = new ArrayList<>();
        for (EmbeddingRequest request : requests) {
          Callable<EmbeddingResult> ask = () -> embed(fixture, file, request);
          together.add(threads.submit(ask));
        }
        for (int i = 0; i < requests.size(); i++) {
          EmbeddingResult found = together.get(i).get();
          assertThat(found.usage()).isEqualTo(alone.get(i).usage());
          assertThat(distance(found, alone.get(i)))
              .as("%s, seed %d, request %d", file.getFileName(), seed, i)
              .isLessThan(TOLERANCE);
        }
        await(() -> fixture.engine.status().inWork() == 0);
        assertThat(fixture.engine.status().waiting()).isZero();
      }
    }
  }

  @Test
  void vectorsAreMadeWhileAnswersStream() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.settings(32, 4, Duration.ofSeconds(20)));
        var stream = fixture.submit(generator, EngineFixture.request("hello", 200))) {
      assertThat(stream.next()).isInstanceOf(StreamEvent.Started.class);
      EmbeddingResult made = embed(fixture, generator, EmbeddingRequest.of(MODEL, "a", "b", "c"));
      assertThat(made.vectors()).hasSize(3);
      var answer = EngineFixture.drain(stream);
      assertThat(answer.terminal()).isInstanceOf(StreamEvent.Done.class);
      try (var alone = new EngineFixture(EngineFixture.free())) {
        var same =
            EngineFixture.drain(alone.submit(generator, EngineFixture.request("hello", 200)));
        assertThat(answer.text()).as("it has changed nothing in the answer").isEqualTo(same.text());
      }
    }
  }

  @Test
  void dimensionsCutAndNormaliseAndMoreThanThereAreIsRefused() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      Embedding whole =
          embed(fixture, encoder, request(Optional.empty(), "abc")).vectors().getFirst();
      Embedding part = embed(fixture, encoder, request(Optional.of(8), "abc")).vectors().getFirst();
      assertThat(part).isEqualTo(whole.shortened(8));
      var refused =
          (LlmError.InvalidRequest) failure(fixture, encoder, request(Optional.of(33), "a"));
      assertThat(refused.path()).contains("dimensions");
      assertThat(refused.message()).contains("33 is more than the 32 of model 'local'");
    }
  }

  @Test
  void aTextThatIsTooLongIsRefusedWithItsPlaceAndTheNumbers() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      var request = EmbeddingRequest.of(MODEL, "abc", "a".repeat(63));
      assertThat(failure(fixture, encoder, request))
          .isEqualTo(new LlmError.InputTooLong("local", 1, 65, 64));
      assertThat(
              embed(fixture, encoder, EmbeddingRequest.of(MODEL, "a".repeat(62)))
                  .usage()
                  .promptTokens())
          .as("one that just fits")
          .isEqualTo(64);
    }
  }

  @Test
  void tokensAreTakenAsTheyAreWhereTheyExist() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      var abc = embed(fixture, encoder, EmbeddingRequest.of(MODEL, "ab")).vectors().getFirst();
      var tokens = new EmbeddingInput.Tokens(List.of(2, 5, 8, 3)); // [CLS] ▁a b [SEP]
      EmbeddingResult made = embed(fixture, encoder, request(Optional.empty(), tokens));
      assertThat(made.usage().promptTokens()).isEqualTo(4);
      assertThat(distance(made.vectors().getFirst(), abc)).isLessThan(TOLERANCE);
      var unknown = new EmbeddingInput.Tokens(List.of(2, 999));
      var refused =
          (LlmError.InvalidRequest)
              failure(fixture, encoder, request(Optional.empty(), tokens, unknown));
      assertThat(refused.path()).contains("input[1][1]");
      assertThat(refused.message()).contains("999 is no token of model 'local', which has 0 to 56");
    }
  }

  @Test
  void theContextGrowsForALongTextAndServesShortOnesThen() throws Exception {
    Path wide = TinyModel.plain(1_024).writeTo(folder.resolve("wide.gguf"));
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      embed(fixture, wide, EmbeddingRequest.of(MODEL, "short"));
      var long_ = EmbeddingRequest.of(MODEL, "x".repeat(900), "y");
      assertThat(embed(fixture, wide, long_).vectors()).hasSize(2);
      embed(fixture, wide, EmbeddingRequest.of(MODEL, "short"));
      assertThat(fixture.telemetry.events("embedding_context"))
          .extracting(line -> line.text("tokens").orElseThrow())
          .containsExactly("64", "1024");
    }
  }

  @Test
  void poolingIsTheFilesUnlessItIsSet() throws Exception {
    Path last = TinyModel.plain(64).withPooling(3).writeTo(folder.resolve("last.gguf"));
    Path ranks = new TinyBert(64, 4).writeTo(folder.resolve("ranks.gguf"));
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      embed(fixture, last, EmbeddingRequest.of(MODEL, "abc"));
      assertThat(fixture.telemetry.events("embedding_context").getLast().text("pooling"))
          .contains("last");
      assertThat(failure(fixture, ranks, EmbeddingRequest.of(MODEL, "abc")).message())
          .contains("ranks texts");
    }
  }

  @Test
  void aDamagedTextEndsItsOwnRequestAlone() throws Exception {
    Path damaged =
        TinyModel.plain(64).with(Damage.NAN_EMBEDDING).writeTo(folder.resolve("nan.gguf"));
    try (var fixture = new EngineFixture(EngineFixture.free());
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var bad = new EmbeddingInput.Tokens(List.of(5, 7)); // token 5 is damaged
      List<Future<LlmError>> failed = new ArrayList<>();
      List<Future<EmbeddingResult>> made = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        failed.add(threads.submit(() -> failure(fixture, damaged, request(Optional.empty(), bad))));
        var good = new EmbeddingInput.Tokens(List.of(10 + i, 7));
        made.add(
            threads.submit(() -> embed(fixture, damaged, request(Optional.empty(), good, good))));
      }
      for (var future : failed) {
        assertThat(future.get().message()).contains("numbers that are none");
      }
      for (var future : made) {
        assertThat(future.get().vectors()).hasSize(2);
      }
    }
  }

  @Test
  void aCancelledRequestEndsAtOnceAndOthersGoOn() throws Exception {
    List<CallScope> calls = new CopyOnWriteArrayList<>();
    // In the first step none of them can be complete: all are in work, or wait.
    StepWatch.Listener atAStep = _ -> calls.forEach(call -> call.cancel(CancelReason.CLIENT_GONE));
    try (var fixture = new EngineFixture(EngineFixture.free(), atAStep);
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var random = new SplittableRandom(3);
      List<Future<LlmError>> cancelled = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        calls.add(fixture.call("cancel-" + i));
      }
      for (CallScope call : calls) {
        var request = EmbeddingRequest.of(MODEL, texts(random, 200));
        cancelled.add(
            threads.submit(() ->
                catchThrowableOfType(
                        LlmException.class, () -> fixture.engine.embed(request, encoder, call))
                    .error()));
      }
      for (var future : cancelled) {
        assertThat(future.get()).isEqualTo(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
      }
      calls.clear();
      assertThat(embed(fixture, encoder, EmbeddingRequest.of(MODEL, "abc")).vectors()).hasSize(1);
      assertThat(fixture.engine.status().waiting()).isZero();
    }
  }

  @Test
  void aFullQueueRefusesAndClosingEndsThoseThatWait() throws Exception {
    var settings = EngineFixture.settings(new Slots(1, 1), 2, 4, Duration.ofSeconds(20));
    List<Future<LlmError>> waiting = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try (var fixture = new EngineFixture(settings)) {
        // Its model has the one place, and keeps it while nobody reads on, until all is closed.
        fixture.submit(generator, EngineFixture.request("hello", 200)).next();
        for (int i = 0; i < 2; i++) {
          waiting.add(
              threads.submit(() -> failure(fixture, encoder, EmbeddingRequest.of(MODEL, "abc"))));
        }
        await(() -> fixture.engine.status().waiting() == 2);
        assertThat(failure(fixture, encoder, EmbeddingRequest.of(MODEL, "abc")))
            .isEqualTo(new LlmError.QueueFull("local embeddings", 2, Duration.ofSeconds(1)));
      }
      for (var future : waiting) {
        assertThat(future.get()).isEqualTo(new LlmError.Cancelled(CancelReason.SHUTDOWN));
      }
    }
  }

  @Test
  void anEncoderGeneratesNothingEvenWhenItIsAskedPastTheProvider() throws Exception {
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      var answer = EngineFixture.drain(fixture.submit(encoder, EngineFixture.request("hello", 5)));
      assertThat(answer.terminal())
          .isInstanceOfSatisfying(
              StreamEvent.Failed.class,
              failed -> assertThat(failed.error()).isInstanceOf(LlmError.Unsupported.class));
      assertThat(embed(fixture, encoder, EmbeddingRequest.of(MODEL, "abc")).vectors()).hasSize(1);
    }
  }

  @Test
  void aModelThatCannotBeLoadedFailsTheRequest() throws Exception {
    Path none = Files.writeString(folder.resolve("none.gguf"), "this is no model");
    try (var fixture = new EngineFixture(EngineFixture.free())) {
      assertThat(failure(fixture, none, EmbeddingRequest.of(MODEL, "abc")))
          .isInstanceOf(LlmError.ModelUnavailable.class);
    }
  }

  /** Waits for what another thread does; the time of the whole test is its limit. */
  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.yield();
    }
  }

  private static String[] texts(SplittableRandom random, int count) {
    String[] texts = new String[count];
    for (int i = 0; i < count; i++) {
      var text = new StringBuilder();
      for (int letters = 1 + random.nextInt(40); letters > 0; letters--) {
        text.append((char) ('a' + random.nextInt(26)));
      }
      texts[i] = text.toString();
    }
    return texts;
  }

  private static EmbeddingRequest request(Optional<Integer> dimensions, String text) {
    return request(dimensions, new EmbeddingInput.Text(text));
  }

  private static EmbeddingRequest request(Optional<Integer> dimensions, EmbeddingInput... inputs) {
    return new EmbeddingRequest(MODEL, List.of(inputs), dimensions, Map.of());
  }

  private static EmbeddingResult embed(EngineFixture fixture, Path file, EmbeddingRequest request)
      throws LlmException {
    try (CallScope call = fixture.call("embed")) {
      return fixture.engine.embed(request, file, call);
    }
  }

  private static LlmError failure(EngineFixture fixture, Path file, EmbeddingRequest request) {
    return catchThrowableOfType(LlmException.class, () -> embed(fixture, file, request)).error();
  }

  private static double distance(EmbeddingResult left, EmbeddingResult right) {
    double most = 0;
    for (int i = 0; i < left.vectors().size(); i++) {
      most = Math.max(most, distance(left.vectors().get(i), right.vectors().get(i)));
    }
    return most;
  }

  private static double distance(Embedding left, Embedding right) {
    double most = 0;
    for (int index = 0; index < left.size(); index++) {
      most = Math.max(most, Math.abs(left.get(index) - right.get(index)));
    }
    return most;
  }
}
