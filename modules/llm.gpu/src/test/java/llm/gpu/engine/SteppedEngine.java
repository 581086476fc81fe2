package llm.gpu.engine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import llm.core.concurrent.CallScope;
import llm.core.testkit.Calls;
import llm.core.testkit.ManualClock;
import llm.core.testkit.RecordingTelemetry;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.SamplingOptions;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.TokenLogprob;
import llm.domain.error.LlmException;
import llm.domain.model.Temperature;
import llm.gpu.adapter.AdapterSource;
import llm.gpu.engine.EngineSettings.Prefixes;
import llm.gpu.engine.EngineSettings.Slots;
import llm.gpu.testmodel.TestFiles;

/**
 * An engine whose steps are recorded, and whose test acts at chosen steps: on the engine's own
 * thread, when a step has been computed and its tokens are not chosen yet. So what comes when is
 * certain, whatever the machine does. The clock stands, which makes every chunk of a prompt as
 * large as a batch.
 */
final class SteppedEngine implements AutoCloseable {
  /** The most tokens of a step. */
  static final int BATCH = 64;

  private static final int LETTER_A = 260; // of TinyModel
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final ManualClock clock = new ManualClock();
  final RecordingTelemetry telemetry = new RecordingTelemetry();
  final Engine engine;
  private final Object lock = new Object();
  private final Map<String, Voice> voices = new LinkedHashMap<>(); // guarded by lock
  private final List<Step> steps = new ArrayList<>(); // guarded by lock
  private final Map<Integer, Action> actions = new ConcurrentHashMap<>();
  private final Map<Integer, Exception> faults = new ConcurrentHashMap<>();
  private volatile Optional<Throwable> failure = Optional.empty();

  /** What a test does at a step. */
  @FunctionalInterface
  interface Action {
    void run() throws Exception;
  }

  /** A step: its tokens, and how many pieces of text each stream had been given before it. */
  private record Step(int tokens, Map<String, Integer> before) {}

  /** What was heard of one request. */
  static final class Voice {
    private final CallScope call;
    private final EventStream<StreamEvent> stream;
    private final StringBuilder text = new StringBuilder();
    private final List<TokenLogprob> tokens = new ArrayList<>();
    private int pieces;
    private StreamEvent.Terminal end;

    private Voice(CallScope call, EventStream<StreamEvent> stream) {
      this.call = call;
      this.stream = stream;
    }

    CallScope call() {
      return call;
    }

    String text() {
      return text.toString();
    }

    List<TokenLogprob> tokens() {
      return tokens;
    }

    StreamEvent.Terminal end() {
      return end;
    }

    int promptTokens() {
      return end.usage().promptTokens();
    }

    int cachedTokens() {
      return end.usage().cachedTokens();
    }

    private void hear() {
      while (end == null && stream.hasReady()) {
        try {
          switch (stream.next()) {
            case StreamEvent.TextDelta(String more, List<TokenLogprob> logprobs) -> {
              text.append(more);
              tokens.addAll(logprobs);
              pieces++;
            }
            case StreamEvent.Terminal terminal -> end = terminal;
            case StreamEvent _ -> {}
          }
        } catch (LlmException impossible) {
          throw new AssertionError(impossible);
        }
      }
    }
  }

  SteppedEngine(EngineSettings settings) {
    this(settings, AdapterSource.NONE);
  }

  /** One whose models have adapters. */
  SteppedEngine(EngineSettings settings, AdapterSource adapters) {
    var watched = StepWatch.of(telemetry, this::stepped);
    engine = new Engine(settings, TestFiles::library, adapters, watched, clock, () -> 42);
  }

  static EngineSettings settings(Slots slots, int poolTokens, Prefixes prefixes) {
    return settings(slots, poolTokens, prefixes, 1);
  }

  static EngineSettings settings(Slots slots, int poolTokens, Prefixes prefixes, int loadedModels) {
    return EngineFixture.free().toBuilder()
        .poolTokens(poolTokens)
        .batchTokens(BATCH)
        .loadedModels(loadedModels)
        .slots(slots)
        .prefixes(prefixes)
        .build();
  }

  /** Slots in a pool with room for all of them. */
  static EngineSettings settings(int interactive, int background) {
    return settings(new Slots(interactive, background), 0, new Prefixes(16, -1));
  }

  /**
   * A request of {@link llm.gpu.testmodel.TinyModel} whose answer is the letter a again and again.
   */
  static ChatRequest letters(String prompt, int count) {
    var onlyA =
        SamplingOptions.builder()
            .temperature(new Temperature(0))
            .logitBias(Map.of(LETTER_A, 100.0))
            .build();
    return EngineFixture.request(prompt, count).withSampling(onlyA);
  }

  /** Does {@code action} at the step of this number, counted from 1. */
  void at(int step, Action action) {
    actions.put(step, action);
  }

  /** Lets the step of this number fail as if the engine itself had met {@code fault}. */
  void failAt(int step, Exception fault) {
    faults.put(step, fault);
  }

  /** Does {@code action} at a first step of its own, so that all that it asks begins together. */
  void begin(Path model, Action action) throws LlmException {
    at(1, action);
    ask("first", model, letters("z", 1));
  }

  /** Submits a request; its events are known by {@code name}. */
  void ask(String name, Path model, ChatRequest request) throws LlmException {
    ask(name, model, request, call -> call);
  }

  /** Submits a request whose call is looked at through {@code view}. */
  void ask(String name, Path model, ChatRequest request, UnaryOperator<Call> view)
      throws LlmException {
    CallScope call = Calls.open(name.replace(' ', '-'), clock, Duration.ofSeconds(60));
    hear(name, call, engine.submit(request, model, view.apply(call)));
  }

  /** Pins a prompt under the id {@code name}. */
  void pin(String name, Path model, ChatRequest request, Duration keep) throws LlmException {
    CallScope call = Calls.open(name.replace(' ', '-'), clock, Duration.ofSeconds(60));
    hear(name, call, engine.pin(request, model, call, name, keep));
  }

  private void hear(String name, CallScope call, EventStream<StreamEvent> stream) {
    synchronized (lock) {
      voices.put(name, new Voice(call, stream));
    }
  }

  /** What was heard of a request so far. */
  Voice voice(String name) {
    synchronized (lock) {
      return voices.get(name);
    }
  }

  /** Waits for a request's end, which must be asked by then or at some step. */
  Voice end(String name) {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      failure.ifPresent(thrown -> {
        throw new AssertionError("at a step", thrown);
      });
      synchronized (lock) {
        voices.values().forEach(Voice::hear);
        Voice voice = voices.get(name);
        if (voice != null && voice.end != null) {
          return voice;
        }
      }
      if (System.nanoTime() - until > 0) {
        throw new AssertionError("no end of " + name + " after " + telemetry.events());
      }
      Thread.onSpinWait();
    }
  }

  /** How many steps there were. */
  int stepCount() {
    synchronized (lock) {
      return steps.size();
    }
  }

  /** Tokens of the step of this number, counted from 1. */
  int tokensOf(int step) {
    synchronized (lock) {
      return steps.get(step - 1).tokens();
    }
  }

  /** The steps that gave this stream text, counted from 1; to ask when it has ended. */
  List<Integer> stepsOf(String name) {
    synchronized (lock) {
      List<Integer> mine = new ArrayList<>();
      for (int step = 1; step <= steps.size(); step++) {
        if (piecesBefore(name, step + 1) > piecesBefore(name, step)) {
          mine.add(step);
        }
      }
      return mine;
    }
  }

  private int piecesBefore(String name, int step) {
    return step > steps.size()
        ? voices.get(name).pieces
        : steps.get(step - 1).before().getOrDefault(name, 0);
  }

  /** On the engine's thread. */
  private void stepped(int tokens) throws Exception {
    int number;
    synchronized (lock) {
      Map<String, Integer> before = new HashMap<>();
      voices.forEach((name, voice) -> {
        voice.hear();
        before.put(name, voice.pieces);
      });
      steps.add(new Step(tokens, before));
      number = steps.size();
    }
    Exception fault = faults.remove(number);
    if (fault != null) {
      throw fault;
    }
    Action action = actions.remove(number);
    if (action != null) {
      run(action);
    }
  }

  private void run(Action action) throws Exception {
    try {
      action.run();
    } catch (Exception | AssertionError wrong) {
      failure = Optional.of(wrong);
      throw wrong;
    }
  }

  @Override
  public void close() {
    engine.close();
  }
}
