package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import llm.core.concurrent.CallScope;
import llm.core.concurrent.TimerThread;
import llm.core.testkit.Calls;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Message;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.Temperature;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.draft.Speculation;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.memory.MemorySettings;
import llm.gpu.testmodel.TestFiles;

/** An engine on one thread with real clocks, and requests for it. */
final class EngineFixture implements AutoCloseable {
  static final SamplingOptions GREEDY =
      SamplingOptions.builder().temperature(new Temperature(0)).build();

  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final TimerThread alarms =
      new TimerThread(failure -> {
        throw new AssertionError(failure);
      });
  final Engine engine;

  EngineFixture(EngineSettings settings) {
    this(settings, AdapterSource.NONE);
  }

  /** One whose models have adapters. */
  EngineFixture(EngineSettings settings, AdapterSource adapters) {
    engine = new Engine(settings, TestFiles::library, adapters, telemetry, alarms, () -> 42);
  }

  /** One that tells its steps, on its own thread. */
  EngineFixture(EngineSettings settings, StepWatch.Listener steps) {
    var watched = StepWatch.of(telemetry, steps);
    engine = new Engine(settings, TestFiles::library, watched, alarms, () -> 42);
  }

  /** One thread, a ring of one event: the engine goes no further than its consumer. */
  static EngineSettings inStep(int queueCapacity) {
    return settings(queueCapacity, 1, Duration.ofSeconds(20));
  }

  /** One thread, room for a whole answer. */
  static EngineSettings free() {
    return settings(32, 10_000, Duration.ofSeconds(20));
  }

  static EngineSettings settings(int queueCapacity, int ringEvents, Duration stallLimit) {
    return settings(new Slots(1, 1), queueCapacity, ringEvents, stallLimit);
  }

  /** Several requests together, room for their whole answers. */
  static EngineSettings together(int slots) {
    return settings(new Slots(slots, 2), 64, 10_000, Duration.ofSeconds(20));
  }

  static EngineSettings settings(
      Slots slots, int queueCapacity, int ringEvents, Duration stallLimit) {
    return settings(slots, 0, new Prefixes(16, -1), queueCapacity, ringEvents, stallLimit);
  }

  /** Memory of which others may have taken nearly all. */
  private static final MemorySettings ANY =
      new MemorySettings(0, 100, 0, 0, 100, 0, MemorySettings.DEFAULT.gpuLayers(), Duration.ZERO);

  private static EngineSettings settings(
      Slots slots,
      int poolTokens,
      Prefixes prefixes,
      int queueCapacity,
      int ringEvents,
      Duration stallLimit) {
    return EngineSettings.builder()
        .poolTokens(poolTokens)
        .batchTokens(64)
        .threads(1)
        .slots(slots)
        .prefixes(prefixes)
        .queueCapacity(queueCapacity)
        .ringEvents(ringEvents)
        .stallLimit(stallLimit)
        .loadLimit(Duration.ofSeconds(60))
        .speculation(Speculation.OFF)
        .memory(ANY)
        .build();
  }

  /** A window of so many tokens, large steps. */
  static EngineSettings withWindow(int tokens) {
    return free().toBuilder().contextTokens(tokens).batchTokens(512).build();
  }

  /** Several requests together in a pool of so many tokens. */
  static EngineSettings inPool(int slots, int poolTokens) {
    return settings(
        new Slots(slots, 2), poolTokens, new Prefixes(16, -1), 64, 10_000, Duration.ofSeconds(20));
  }

  /** Several requests together; what is kept is saved. */
  static EngineSettings savingTo(Path folder, long bytes) {
    return savingTo(folder, bytes, 0, 16);
  }

  /** The same with a pool of so many tokens, and so many sequences that are kept. */
  static EngineSettings savingTo(Path folder, long bytes, int poolTokens, int kept) {
    return settings(
        new Slots(4, 2),
        poolTokens,
        new Prefixes(kept, -1, 0, Duration.ZERO, Optional.of(folder), bytes),
        64,
        10_000,
        Duration.ofSeconds(20));
  }

  /** Returns when so much time has passed on the fixture's clock. */
  void await(int millis) throws InterruptedException {
    var passed = new CountDownLatch(1);
    alarms.at(alarms.time().nanoTime() + millis * 1_000_000L, passed::countDown);
    passed.await();
  }

  CallScope call(String id) {
    return Calls.open(id, alarms, Duration.ofSeconds(110));
  }

  EventStream<StreamEvent> submit(Path model, ChatRequest request) throws LlmException {
    return engine.submit(request, model, call("call"));
  }

  /** A greedy request of at most {@code maxTokens}. */
  static ChatRequest request(String text, int maxTokens) {
    return ChatRequest.of(new ModelName("local"), List.of(Message.user(text)))
        .withSampling(GREEDY)
        .withMaxTokens(maxTokens);
  }

  /** Pulls to the end; text deltas joined, and the terminal event. */
  static Answer drain(EventStream<StreamEvent> stream) throws LlmException {
    var text = new StringBuilder();
    while (true) {
      switch (stream.next()) {
        case StreamEvent.TextDelta delta -> text.append(delta.text());
        case StreamEvent.Terminal terminal -> {
          return new Answer(text.toString(), terminal);
        }
        case StreamEvent _ -> {}
      }
    }
  }

  record Answer(String text, StreamEvent.Terminal terminal) {}

  @Override
  public void close() {
    engine.close();
    alarms.close();
  }
}
