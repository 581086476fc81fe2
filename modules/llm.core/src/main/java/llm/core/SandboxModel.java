package llm.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import llm.core.concurrent.Alarms;
import llm.core.scripted.ScriptedStream;
import llm.core.scripted.Step;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.model.ModelName;
import llm.domain.model.ModelSpec;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import llm.domain.port.TokenCounter;
import llm.domain.port.WarmPlan;
import llm.domain.service.TokenEstimator;

/**
 * A model with a small window that needs no key: it answers in four pieces, a few milliseconds
 * apart, and asked for a summary it gives one with a fact.
 */
final class SandboxModel implements ChatProvider {
  static final String ID = "sandbox";

  private static final int WINDOW = 512;
  private static final Duration BEAT = Duration.ofMillis(3);
  private static final TokenCounter COUNTER = new TokenEstimator();
  private static final ModelSpec SPEC =
      new ModelSpec(WINDOW, WINDOW / 4, false, false, false, Optional.empty(), Optional.empty());
  private static final List<String> ANSWER =
      List.of("Trains ", "to Ulm leave ", "every hour, ", "the next one at ten past.");
  private static final List<String> SUMMARY =
      List.of("The user ", "asks for trains.\n", "- fact: trains to Ulm ", "leave every hour\n");

  private static final int PINGS = 3; // the third begins when the second has been told of
  private static final Duration INTERVAL = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Alarms alarms;
  private final Warmer warmer = new Warmer();

  SandboxModel(Alarms alarms) {
    this.alarms = alarms;
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
    boolean summary = request.messages().getLast().text().contains("Summarise");
    var prompt = COUNTER.countPrompt(request);
    var steps = new ArrayList<Step>();
    steps.add(new Step.Emit(new StreamEvent.Started(ID)));
    for (String piece : summary ? SUMMARY : ANSWER) {
      steps.add(new Step.Pause(BEAT));
      steps.add(new Step.Emit(new StreamEvent.TextDelta(piece)));
    }
    var usage = Usage.of(prompt, ANSWER.size());
    steps.add(new Step.Emit(new StreamEvent.Done(FinishReason.STOP, usage)));
    return new ScriptedStream(steps.iterator(), ID, _ -> usage, call, alarms, () -> {});
  }

  @Override
  public Optional<ConnectionWarmer> connection() {
    return Optional.of(warmer);
  }

  /** Waits until it was pinged {@link #PINGS} times; false when that took too long. */
  boolean awaitPings() throws InterruptedException {
    return warmer.pings.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  /** Kept warm by pings that are answered at once. */
  private static final class Warmer implements ConnectionWarmer {
    private final CountDownLatch pings = new CountDownLatch(PINGS);

    @Override
    public OptionalInt ping(Call call) {
      pings.countDown();
      return OptionalInt.empty();
    }

    @Override
    public Optional<WarmPlan> plan() {
      return Optional.of(
          new WarmPlan(
              INTERVAL,
              PATIENCE,
              PATIENCE,
              WarmPlan.EmptyGeneration.HANDSHAKE,
              Optional.of(new ModelName(ID))));
    }
  }

  @Override
  public String id() {
    return ID;
  }

  @Override
  public List<ModelInfo> models() {
    return List.of(
        new ModelInfo(ID, ID, Instant.EPOCH, Optional.of(SPEC), "Says the same again and again."));
  }

  @Override
  public ProviderHealth health() {
    return new ProviderHealth(ProviderHealth.Status.UP, "Always there.");
  }

  @Override
  public void close() {
    // nothing is held
  }
}
