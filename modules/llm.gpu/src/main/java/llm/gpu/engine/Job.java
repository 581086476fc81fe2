package llm.gpu.engine;

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
final class Job {
  private final ChatRequest request;
  private final Call call;
  private final EventRing ring;
  private final long queuedNanos;
  private final Optional<Pin> pin;
  private volatile Registration hook = () -> {};
  private volatile boolean ended;
  private int[] prompt; // made once by the owner thread, while the job waits

  Job(ChatRequest request, Call call, EventRing ring, long queuedNanos, Optional<Pin> pin) {
    this.request = request;
    this.call = call;
    this.ring = ring;
    this.queuedNanos = queuedNanos;
    this.pin = pin;
  }

  ChatRequest request() {
    return request;
  }

  Priority priority() {
    return request.priority();
  }

  Call call() {
    return call;
  }

  EventRing ring() {
    return ring;
  }

  long queuedNanos() {
    return queuedNanos;
  }

  /** What to keep of the prompt; then it is only read, and nothing is answered. */
  Optional<Pin> pin() {
    return pin;
  }

  /** The prompt's tokens; empty while nobody has made them. Owner thread. */
  Optional<int[]> prompt() {
    return Optional.ofNullable(prompt);
  }

  void prompt(int[] tokens) {
    prompt = tokens;
  }

  boolean cancelled() {
    return call.cancelled().isPresent();
  }

  void onCancel(Runnable action) {
    hook = call.onCancel(action);
    if (ended) {
      hook.close(); // it ended meanwhile
    }
  }

  void end(StreamEvent.Terminal terminal) {
    ended = true;
    hook.close();
    ring.end(terminal);
  }

  /** The end of a job that was told to stop; by shutdown when its call was not cancelled. */
  StreamEvent.Terminal cancellation(Usage usage) {
    CancelReason reason = call.cancelled().orElse(CancelReason.SHUTDOWN);
    String operation = "The generation by model '" + request.model() + "'";
    return StreamEvent.Terminal.of(reason, operation, call.deadline().budget(), usage);
  }
}
