package llm.gpu.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.provider.ProviderContext;
import llm.core.provider.ProviderSetup;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.core.testkit.StreamCheck;
import llm.core.testkit.TestConfig;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.domain.port.ChatProvider;
import llm.domain.port.IdSource;
import llm.gpu.testmodel.TestFiles;
import llm.gpu.testmodel.TinyModel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * About a twentieth of the requests of {@code tools/soak local}, without a server: random prompts,
 * lengths, seeds and cancels from eight clients at once. {@code -Dsoak.seed=S} repeats them.
 */
@Tag("soak")
@Timeout(120)
class LocalSoakTest {
  private static final int CLIENTS = 8;
  private static final int REQUESTS = 60; // of each client
  private static final int WINDOW = 256;
  private static final int MAX_PROMPT = 100;
  private static final int MAX_TOKENS = 100;
  private static final int RING = 4;

  @TempDir Path folder;
  private final RecordingTelemetry telemetry = new RecordingTelemetry();
  private final TimerThread alarms = new TimerThread(AssertionError::new);
  private ChatProvider provider;

  /** What a client does to a stream. */
  private enum Fate {
    READ,
    CANCEL,
    CLOSE,
    TOO_LONG
  }

  @AfterEach
  void close() {
    if (provider != null) {
      provider.close();
    }
    alarms.close();
  }

  @Test
  void everyStreamEndsOnceAndEverySlotIsFreeAtTheEnd() throws Exception {
    long seed = Long.getLong("soak.seed", System.nanoTime());
    System.out.println("soak: seed " + seed);
    provider = provider();
    List<String> known = known(seed);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        var random = new SplittableRandom(seed + 31L * i);
        clients.add(threads.submit(() -> ask(random, known)));
      }
      for (Future<?> client : clients) {
        client.get();
      }
    }
    awaitIdle();
    assertThat(provider.health().detail()).contains("0 in work, 0 waiting");
    assertThat(telemetry.trail()).doesNotContain("generation_failed", "engine_failed");
    allSlotsRunAtOnce();
  }

  private void ask(SplittableRandom random, List<String> known) {
    for (int i = 0; i < REQUESTS; i++) {
      int dice = random.nextInt(20);
      Fate fate =
          dice == 0 ? Fate.TOO_LONG : dice < 3 ? Fate.CLOSE : dice < 6 ? Fate.CANCEL : Fate.READ;
      String prompt =
          fate == Fate.TOO_LONG
              ? text(random, WINDOW + 50)
              : random.nextBoolean()
                  ? text(random, 1 + random.nextInt(MAX_PROMPT))
                  : known.get(random.nextInt(known.size())) + text(random, 3);
      end(request(prompt, random), fate, random.nextInt(MAX_TOKENS));
    }
  }

  private void end(ChatRequest request, Fate fate, int after) {
    StreamEvent.Terminal end;
    try (CallScope call = call()) {
      EventStream<StreamEvent> stream = provider.stream(request, call);
      end = StreamCheck.end(new Leaving(stream, fate, after, call));
    } catch (LlmException refused) {
      assertThat(fate).as(refused.getMessage()).isEqualTo(Fate.TOO_LONG);
      return;
    }
    switch (end) {
      case StreamEvent.Done done -> {
        assertThat(fate).isNotEqualTo(Fate.TOO_LONG);
        assertThat(done.usage().completionTokens()).isEqualTo(request.maxTokens().orElseThrow());
      }
      case StreamEvent.Cancelled _ -> assertThat(fate).isIn(Fate.CANCEL, Fate.CLOSE);
      case StreamEvent.Failed failed ->
          assertThat(fate).as(failed.toString()).isEqualTo(Fate.TOO_LONG);
    }
  }

  /** With rings this small none can end before it is read: they run side by side, or not at all. */
  private void allSlotsRunAtOnce() throws LlmException {
    List<CallScope> calls = Stream.generate(this::call).limit(CLIENTS).toList();
    List<EventStream<StreamEvent>> streams = new ArrayList<>();
    for (CallScope call : calls) {
      ChatRequest request = request("again " + streams.size(), new SplittableRandom(1));
      streams.add(provider.stream(request.withMaxTokens(RING * 10), call));
    }
    for (EventStream<StreamEvent> stream : streams) {
      assertThat(stream.next()).isInstanceOf(StreamEvent.Started.class);
      assertThat(stream.next()).isInstanceOf(StreamEvent.TextDelta.class);
    }
    streams.forEach(EventStream::close);
    calls.forEach(CallScope::close);
  }

  /** The last stream's end is told before its slot is free. */
  private void awaitIdle() {
    long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (telemetry.metrics().sum("llm_local_requests_in_work").orElseThrow() > 0) {
      assertThat(System.nanoTime()).as("requests stay in work").isLessThan(until);
      Thread.onSpinWait();
    }
  }

  private ChatRequest request(String prompt, SplittableRandom random) {
    boolean greedy = random.nextInt(3) == 0;
    var sampling = SamplingOptions.DEFAULTS.withTemperature(new Temperature(greedy ? 0 : 0.8));
    return ChatRequest.of(new ModelName("local"), List.of(Message.user(prompt)))
        .withSampling(sampling)
        .withMaxTokens(1 + random.nextInt(MAX_TOKENS));
  }

  private static List<String> known(long seed) {
    var random = new SplittableRandom(seed);
    return Stream.generate(() -> text(random, 20 + random.nextInt(MAX_PROMPT - 20)))
        .limit(6)
        .toList();
  }

  private static String text(SplittableRandom random, int length) {
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  private CallScope call() {
    return Calls.open(alarms, Duration.ofSeconds(100));
  }

  private ChatProvider provider() {
    TestFiles.libraryFolder();
    Path file = TinyModel.plain(WINDOW).writeTo(folder.resolve("tiny.gguf"));
    String settings =
        "{model: %s, threads: 1, slots: %d, ring_events: %d}".formatted(file, CLIENTS, RING);
    var config = TestConfig.yaml("providers: {local: " + settings + "}", Map.of());
    var context =
        new ProviderContext(
            config.section("providers.local"),
            telemetry,
            alarms,
            IdSource.RANDOM,
            Optional.of(TestFiles.root()));
    return ((ProviderSetup.Ready) new LocalProviderFactory().create(context)).provider();
  }

  /** A stream whose consumer cancels or closes it after some events. */
  private static final class Leaving implements EventStream<StreamEvent> {
    private final EventStream<StreamEvent> stream;
    private final Fate fate;
    private final CallScope call;
    private int left;

    private Leaving(EventStream<StreamEvent> stream, Fate fate, int after, CallScope call) {
      this.stream = stream;
      this.fate = fate;
      this.left = after;
      this.call = call;
    }

    @Override
    public StreamEvent next() throws LlmException {
      if (left-- == 0) {
        switch (fate) {
          case CANCEL -> call.cancel(CancelReason.USER);
          case CLOSE -> stream.close();
          case READ, TOO_LONG -> {}
        }
      }
      return stream.next();
    }

    @Override
    public boolean hasReady() {
      return stream.hasReady();
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
