package llm.core.conversation;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import llm.core.testkit.Gate;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.Message;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.ChatProvider;
import llm.domain.port.ModelInfo;
import llm.domain.port.PrefixWarmer;
import llm.domain.port.ProviderHealth;
import llm.domain.port.TokenCounter;
import llm.domain.service.TokenEstimator;

/**
 * A model {@code m} that answers {@code [question]} in two pieces, and a question for a summary by
 * {@code Summary to: last message}. Keeps what it was asked.
 */
final class Talker implements ChatProvider {
  private static final TokenCounter COUNTER = new TokenEstimator();

  private final ModelSpec spec;
  private final List<ChatRequest> turns = Collections.synchronizedList(new ArrayList<>());
  private final List<ChatRequest> summaries = Collections.synchronizedList(new ArrayList<>());
  private final AtomicReference<Gate> answers = new AtomicReference<>();
  private final AtomicReference<Gate> summaryGate = new AtomicReference<>();
  private final AtomicReference<LlmError> refusal = new AtomicReference<>();
  private final AtomicReference<LlmError> breaking = new AtomicReference<>();
  private final AtomicInteger failingSummaries = new AtomicInteger();
  private final AtomicReference<String[]> script = new AtomicReference<>();
  private volatile int answerChars;
  private volatile int factor = 1; // how many times more tokens it counts
  private volatile boolean refusesInStream;
  private volatile Optional<PrefixWarmer> warmer = Optional.empty();
  private volatile boolean tellsCounts = true;

  Talker(int contextTokens) {
    spec =
        new ModelSpec(
            contextTokens,
            contextTokens / 4,
            true,
            false,
            false,
            Optional.empty(),
            Optional.empty());
  }

  /** What was asked in turns, in order. */
  List<ChatRequest> turns() {
    return List.copyOf(turns);
  }

  /** What was asked for summaries, in order. */
  List<ChatRequest> summaries() {
    return List.copyOf(summaries);
  }

  /** Answers are at least so long. */
  void answersOf(int characters) {
    answerChars = characters;
  }

  /** Prompts take so many times more tokens than is estimated. */
  void countsTimes(int times) {
    factor = times;
  }

  /** What is too long is accepted and refused by the first event; or without its counts. */
  void refusesInStream(boolean counts) {
    refusesInStream = true;
    tellsCounts = counts;
  }

  /** Keeps prefixes from now on. */
  KeepingWarmer keepsPrefixes() {
    var kept = new KeepingWarmer();
    warmer = Optional.of(kept);
    return kept;
  }

  /** The next answer stops after its first piece until the gate opens. */
  Gate holdNextAnswer() {
    var gate = new Gate();
    answers.set(gate);
    return gate;
  }

  /** All summaries stop until the gate opens. */
  Gate holdSummaries() {
    var gate = new Gate();
    summaryGate.set(gate);
    return gate;
  }

  /** The next answer is this, in two pieces. */
  void answerNext(String first, String second) {
    script.set(new String[] {first, second});
  }

  /** The next turn is refused. */
  void refuseNext(LlmError error) {
    refusal.set(error);
  }

  /** The next answer breaks after its first piece. */
  void breakNext(LlmError error) {
    breaking.set(error);
  }

  /** So many summaries fail. */
  void failSummaries(int count) {
    failingSummaries.set(count);
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) throws LlmException {
    Message last = request.messages().getLast();
    int prompt = COUNTER.countPrompt(request) * factor;
    boolean isQuestion = last.text().contains("After the summary write");
    (isQuestion ? summaries : turns).add(request);
    if (prompt > spec.contextTokens() && refusesInStream) {
      return new Refused(
          tellsCounts
              ? new LlmError.ContextLengthExceeded("m", prompt, spec.contextTokens())
              : new LlmError.ContextLengthExceeded("m", 0, 0));
    }
    if (isQuestion) {
      Gate gate = summaryGate.get();
      if (gate != null) {
        gate.pass();
      }
      if (failingSummaries.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        throw new LlmException(new LlmError.ProviderFailed("talker", "No summary today."));
      }
      Message told = request.messages().get(request.messages().size() - 2);
      return new Played("Summary to: ", told.text(), null, null, prompt);
    }
    LlmError refused = refusal.getAndSet(null);
    if (refused != null) {
      throw new LlmException(refused);
    }
    if (prompt > spec.contextTokens()) {
      throw new LlmException(new LlmError.ContextLengthExceeded("m", prompt, spec.contextTokens()));
    }
    String[] said = script.getAndSet(null);
    if (said != null) {
      return new Played(said[0], said[1], null, null, prompt);
    }
    String answer = last.text() + ".".repeat(Math.max(0, answerChars - last.text().length())) + "]";
    return new Played("[", answer, answers.getAndSet(null), breaking.getAndSet(null), prompt);
  }

  @Override
  public Optional<PrefixWarmer> prefixes(ModelName model) {
    return warmer;
  }

  @Override
  public String id() {
    return "talker";
  }

  @Override
  public List<ModelInfo> models() {
    return List.of(new ModelInfo("m", "talker", Instant.EPOCH, Optional.of(spec), "For tests."));
  }

  @Override
  public ProviderHealth health() {
    return new ProviderHealth(ProviderHealth.Status.UP, "fine");
  }

  @Override
  public void close() {
    // nothing is held
  }

  /** Accepted, and then not answered. */
  private static final class Refused implements EventStream<StreamEvent> {
    private final LlmError error;

    private Refused(LlmError error) {
      this.error = error;
    }

    @Override
    public StreamEvent next() {
      return new StreamEvent.Failed(error, Usage.NONE);
    }

    @Override
    public boolean hasReady() {
      return true;
    }

    @Override
    public void close() {
      // nothing is held
    }
  }

  private static final class Played implements EventStream<StreamEvent> {
    private final List<StreamEvent> events;
    private final Gate gate;
    private int next;

    private Played(String first, String second, Gate gate, LlmError broken, int prompt) {
      this.gate = gate;
      var usage = new Usage(prompt, 2, 0);
      this.events =
          List.of(
              new StreamEvent.Started("m"),
              new StreamEvent.TextDelta(first),
              broken == null
                  ? new StreamEvent.TextDelta(second)
                  : new StreamEvent.Failed(broken, usage),
              new StreamEvent.Done(FinishReason.STOP, usage));
    }

    @Override
    public StreamEvent next() {
      if (next == 2 && gate != null) {
        gate.pass();
      }
      return events.get(next++);
    }

    @Override
    public boolean hasReady() {
      return false;
    }

    @Override
    public void close() {
      // nothing is held
    }
  }
}
