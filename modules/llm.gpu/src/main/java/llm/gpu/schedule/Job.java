package llm.gpu.schedule;

import java.util.Optional;
import llm.core.concurrent.EventRing;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.Priority;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;

/** One request on its way through the engine. */
public final class Job {
  private final ChatRequest request;
  private final Call call;
  private final EventRing ring;
  private final long queuedNanos;
  private final Optional<Pin> pin;
  private volatile Registration hook = () -> {};
  private volatile boolean ended;
  private int[] prompt; // made once by the owner thread, while the job waits

  public Job(ChatRequest request, Call call, EventRing ring, long queuedNanos, Optional<Pin> pin) {
    this.request = request;
    this.call = call;
    this.ring = ring;
    this.queuedNanos = queuedNanos;
    this.pin = pin;
  }

  public ChatRequest request() {
    return request;
  }

  public Priority priority() {
    return request.priority();
  }

  public Call call() {
    return call;
  }

  public EventRing ring() {
    return ring;
  }

  public long queuedNanos() {
    return queuedNanos;
  }

  /** What to keep of the prompt; then it is only read, and nothing is answered. */
  public Optional<Pin> pin() {
    return pin;
  }

  /** The prompt's tokens; empty while nobody has made them. Owner thread. */
  public Optional<int[]> prompt() {
    return Optional.ofNullable(prompt);
  }

  public void prompt(int[] tokens) {
    prompt = tokens;
  }

  public boolean cancelled() {
    return call.cancelled().isPresent();
  }

  public void onCancel(Runnable action) {
    hook = call.onCancel(action);
    if (ended) {
      hook.close(); // it ended meanwhile
    }
  }

  public void end(StreamEvent.Terminal terminal) {
    ended = true;
    hook.close();
    ring.end(terminal);
  }

  /** The end of a job that was told to stop; by shutdown when its call was not cancelled. */
  public StreamEvent.Terminal cancellation(Usage usage) {
    CancelReason reason = call.cancelled().orElse(CancelReason.SHUTDOWN);
    String operation = "The generation by model '" + request.model() + "'";
    return StreamEvent.Terminal.of(reason, operation, call.deadline().budget(), usage);
  }
}
