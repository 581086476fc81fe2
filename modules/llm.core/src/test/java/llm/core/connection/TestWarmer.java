package llm.core.connection;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import llm.domain.call.Call;
import llm.domain.call.EventStream;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.domain.port.ChatProvider;
import llm.domain.port.ConnectionWarmer;
import llm.domain.port.ModelInfo;
import llm.domain.port.ProviderHealth;
import llm.domain.port.WarmPlan;
import llm.domain.port.WarmPlan.EmptyGeneration;

/** A provider whose pings end when the test says so, and how. */
final class TestWarmer implements ChatProvider, ConnectionWarmer {
  static final Duration INTERVAL = Duration.ofSeconds(10);
  static final Duration IDLE = Duration.ofSeconds(35);
  static final WarmPlan PLAN =
      new WarmPlan(INTERVAL, IDLE, Duration.ofSeconds(5), EmptyGeneration.NEVER, Optional.empty());

  /** How a ping ends. */
  @FunctionalInterface
  interface End {
    OptionalInt of(Call call) throws LlmException;
  }

  static final End ANSWERED = _ -> OptionalInt.of(200);
  static final End LOST =
      _ -> {
        throw new LlmException(new LlmError.ProviderUnreachable("w", "Not there."));
      };

  private final Optional<WarmPlan> plan;
  private final SynchronousQueue<End> ends = new SynchronousQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  final AtomicInteger begun = new AtomicInteger();
  final AtomicInteger rests = new AtomicInteger();

  TestWarmer(Optional<WarmPlan> plan) {
    this.plan = plan;
  }

  /** Ends the ping under way, or the next one. */
  void end(End how) throws InterruptedException {
    if (!ends.offer(how, 20, TimeUnit.SECONDS)) {
      throw new AssertionError("nobody pings");
    }
  }

  @Override
  public OptionalInt ping(Call call) throws LlmException {
    if (open.incrementAndGet() > 1) {
      throw new AssertionError("two pings at once");
    }
    begun.incrementAndGet();
    Thread self = Thread.currentThread();
    var hook = call.onCancel(self::interrupt);
    try {
      return ends.take().of(call);
    } catch (InterruptedException _) {
      throw new LlmException(new LlmError.ProviderFailed("w", "Broken off."));
    } finally {
      hook.close();
      open.decrementAndGet();
    }
  }

  @Override
  public Optional<WarmPlan> plan() {
    return plan;
  }

  @Override
  public void rest() {
    rests.incrementAndGet();
  }

  @Override
  public Optional<ConnectionWarmer> connection() {
    return Optional.of(this);
  }

  @Override
  public String id() {
    return "w";
  }

  @Override
  public EventStream<StreamEvent> stream(ChatRequest request, Call call) {
    throw new AssertionError("nobody asks");
  }

  @Override
  public List<ModelInfo> models() {
    return List.of();
  }

  @Override
  public ProviderHealth health() {
    return new ProviderHealth(ProviderHealth.Status.UP, "Fine.");
  }

  @Override
  public void close() {}
}
