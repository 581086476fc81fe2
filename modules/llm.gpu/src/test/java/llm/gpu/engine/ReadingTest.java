package llm.gpu.engine;

import static llm.gpu.engine.EngineFixture.drain;
import static llm.gpu.engine.EngineFixture.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BooleanSupplier;
import llm.core.concurrent.CallScope;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.embedding.EmbeddingRequest;
import llm.domain.embedding.EmbeddingResult;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@DisplayName("P-1: long texts are read beside the engine's thread")
class ReadingTest {
  private static final ModelName MODEL = new ModelName("local");
  private static final String ASIDE = "llm-texts";
  private static final int LONG = 10_000; // characters

  @TempDir static Path folder;
  private static Path model;

  @BeforeAll
  static void write() {
    TestFiles.library();
    model = TinyModel.plain(1024).writeTo(folder.resolve("reading.gguf"));
  }

  /** A long prompt that holds the thread aside until it is let go. */
  private static final class Hold {
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch end = new CountDownLatch(1);
    private volatile Thread thread;
    private EventStream<StreamEvent> stream;

    static Hold of(EngineFixture fixture) throws Exception {
      var hold = new Hold();
      var call = new AskedCall(fixture.call("hold"), hold::look);
      hold.stream = fixture.engine.submit(request("h".repeat(LONG), 1), model, call);
      hold.begun.await();
      return hold;
    }

    private void look() {
      if (Thread.currentThread().getName().equals(ASIDE) && begun.getCount() > 0) {
        thread = Thread.currentThread();
        begun.countDown();
        try {
          end.await();
        } catch (InterruptedException interrupted) {
          throw new AssertionError(interrupted);
        }
      }
    }
  }

  @Test
  void anAnswerGoesOnTokenByTokenWhileLongTextsForVectorsWaitToBeRead() throws Exception {
    try (var fixture = new EngineFixture(settings(8, 1));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var stream = fixture.submit(model, request("a", 400));
      stream.next();
      Hold hold = Hold.of(fixture);
      Future<EmbeddingResult> vectors = embed(fixture, threads);
      await(() -> inWork(fixture) == 2);

      assertThat(drain(stream).terminal()).isInstanceOf(StreamEvent.Done.class);
      assertThat(vectors.isDone()).as("they are not read by the engine's thread").isFalse();
      hold.end.countDown();
      assertThat(vectors.get().vectors()).hasSize(100);
      assertThat(drain(hold.stream).terminal()).isInstanceOf(StreamEvent.Failed.class);
    }
  }

  @Test
  void aLargeTextThatIsTooLongIsRefusedWithTheNumbers() throws Exception {
    try (var fixture = new EngineFixture(settings(8, 1));
        CallScope call = fixture.call("large")) {
      var request = EmbeddingRequest.of(MODEL, "short", "x".repeat(1_000_000));
      LlmError error =
          catchThrowableOfType(LlmException.class, () -> fixture.engine.embed(request, model, call))
              .error();
      assertThat(error).isEqualTo(new LlmError.InputTooLong("local", 1, 1_000_001, 1024));
    }
  }

  @Test
  void aLongTextTooManyIsRefusedAndACancelledOneLeavesItsPlaceAtOnce() throws Exception {
    var full = new LlmError.QueueFull("local texts", 4, Duration.ofSeconds(1));
    try (var fixture = new EngineFixture(settings(2, 10_000));
        var threads = Executors.newVirtualThreadPerTaskExecutor();
        CallScope leaves = fixture.call("leaves")) {
      Hold hold = Hold.of(fixture);
      Future<EmbeddingResult> left = threads.submit(() -> vectors(fixture, leaves));
      await(() -> inWork(fixture) == 1);
      Future<EmbeddingResult> second = embed(fixture, threads);
      await(() -> inWork(fixture) == 2);
      Future<EmbeddingResult> third = embed(fixture, threads);
      await(() -> inWork(fixture) == 3);

      assertThat(catchThrowableOfType(LlmException.class, () -> vectors(fixture)).error())
          .isEqualTo(full);
      assertThat(fixture.submit(model, request("p".repeat(LONG), 1)).next())
          .isEqualTo(new StreamEvent.Failed(full, Usage.NONE));
      leaves.cancel(CancelReason.USER);
      await(() -> inWork(fixture) == 2);
      Future<EmbeddingResult> fourth = embed(fixture, threads);
      await(() -> inWork(fixture) == 3);

      hold.end.countDown();
      for (var made : Arrays.asList(second, third, fourth)) {
        assertThat(made.get().vectors()).hasSize(100);
      }
      assertThat(left).failsWithin(Duration.ofSeconds(30));
    }
  }

  @Test
  void theThreadEndsWithTheEngine() throws Exception {
    try (var fixture = new EngineFixture(settings(8, 1))) {
      Hold hold = Hold.of(fixture);
      hold.end.countDown();
      drain(hold.stream);
      assertThat(hold.thread.isAlive()).isTrue();
      fixture.engine.close();
      assertThat(hold.thread.isAlive()).isFalse();
    }
  }

  @Test
  void aModelThatIsUnloadedWhileItsTextIsReadHoldsUpNoOther() throws Exception {
    Path read = TinyModel.plain(64).writeTo(folder.resolve("read.gguf"));
    Path next = TinyModel.plain(64).writeTo(folder.resolve("next.gguf"));
    var two = SteppedEngine.settings(new Slots(2, 1), 0, new Prefixes(4, -1), 2);
    boolean seen = false;
    for (int size = 4_000_000; !seen && size <= 64_000_000; size *= 2) {
      try (var fixture = new EngineFixture(two)) {
        drain(fixture.submit(read, request("a", 1)));
        drain(fixture.submit(model, request("a", 1))); // used later than the other one
        CallScope call = fixture.call("left");
        var left = fixture.engine.submit(request("x".repeat(size), 1), read, call);
        await(() -> isIn(ASIDE, "read") || left.hasReady());
        call.cancel(CancelReason.USER);
        drain(left);
        var waits = fixture.submit(next, request("a", 1)); // takes the place of the one that reads
        String owner = "llm-engine-read.gguf";
        await(() -> isIn(owner, "close") || !isIn(ASIDE, "read"));
        var answer = drain(fixture.submit(model, request("b", 1)));
        seen = isIn(owner, "close"); // else the text was too short for that
        assertThat(answer.terminal()).isInstanceOf(StreamEvent.Done.class);
        assertThat(drain(waits).terminal()).isInstanceOf(StreamEvent.Done.class);
      }
    }
    assertThat(seen).as("a step of another model while one waits for its reader").isTrue();
  }

  /** Whether a thread of this name is in a method of the vocabulary. */
  private static boolean isIn(String thread, String method) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().equals(thread))
        .flatMap(entry -> Arrays.stream(entry.getValue()))
        .anyMatch(frame ->
            frame.getClassName().equals("llm.gpu.llama.Vocabulary")
                && frame.getMethodName().equals(method));
  }

  private static EngineSettings settings(int queueCapacity, int ringEvents) {
    return EngineFixture.settings(
        new Slots(2, 1), queueCapacity, ringEvents, Duration.ofSeconds(60));
  }

  private static int inWork(EngineFixture fixture) {
    return fixture.engine.status().inWork();
  }

  private static Future<EmbeddingResult> embed(EngineFixture fixture, ExecutorService threads) {
    return threads.submit(() -> vectors(fixture));
  }

  private static EmbeddingResult vectors(EngineFixture fixture) throws LlmException {
    try (CallScope call = fixture.call("embed")) {
      return vectors(fixture, call);
    }
  }

  /** Vectors of a hundred texts that are long together. */
  private static EmbeddingResult vectors(EngineFixture fixture, CallScope call)
      throws LlmException {
    String[] texts = new String[100];
    Arrays.setAll(texts, i -> "t".repeat(LONG / texts.length));
    return fixture.engine.embed(EmbeddingRequest.of(MODEL, texts), model, call);
  }

  /** Waits for what another thread does; the time of the whole test is its limit. */
  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      Thread.yield();
    }
  }
}
