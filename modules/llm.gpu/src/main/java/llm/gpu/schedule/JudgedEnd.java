package llm.gpu.schedule;

import llm.core.concurrent.EventRing;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/** An answer whose end is judged by who reads it, so that the engine's thread does not wait. */
final class JudgedEnd implements EventStream<StreamEvent> {
  private final Job job;
  private final EventRing ring;

  JudgedEnd(Job job) {
    this.job = job;
    this.ring = job.ring();
  }

  @Override
  public StreamEvent next() throws LlmException {
    StreamEvent event = ring.next();
    return event instanceof StreamEvent.Done done ? job.judged(done) : event;
  }

  @Override
  public boolean hasReady() {
    return ring.hasReady();
  }

  @Override
  public void close() {
    ring.close();
  }
}
