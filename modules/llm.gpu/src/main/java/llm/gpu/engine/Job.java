package llm.gpu.engine;

import java.nio.file.Path;
import llm.core.concurrent.EventRing;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.Registration;
import llm.domain.chat.ChatRequest;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;

/** One request on its way through the engine. */
final class Job {
  private final ChatRequest request;
  private final Path model;
  private final Call call;
  private final EventRing ring;
  private final long queuedNanos;
  private volatile Registration hook = () -> {};

  Job(ChatRequest request, Path model, Call call, EventRing ring, long queuedNanos) {
    this.request = request;
    this.model = model;
    this.call = call;
    this.ring = ring;
    this.queuedNanos = queuedNanos;
  }

  ChatRequest request() {
    return request;
  }

  /** The model's file. */
  Path model() {
    return model;
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

  boolean cancelled() {
    return call.cancelled().isPresent();
  }

  void onCancel(Runnable action) {
    hook = call.onCancel(action);
  }

  void end(StreamEvent.Terminal terminal) {
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
