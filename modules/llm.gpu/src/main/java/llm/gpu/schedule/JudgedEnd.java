package llm.gpu.schedule;

import llm.core.concurrent.EventRing;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/** An answer whose end is judged aside once it is read, so that no other waits for that. */
final class JudgedEnd implements EventStream<StreamEvent> {
  private final Job job;
  private final EventRing ring;
  private final Judges judges;
  private volatile boolean closed;
  private volatile boolean judging;

  JudgedEnd(Job job, Judges judges) {
    this.job = job;
    this.ring = job.ring();
    this.judges = judges;
  }

  @Override
  public StreamEvent next() throws LlmException {
    StreamEvent event = ring.next();
    return event instanceof StreamEvent.Done done ? judged(done) : event;
  }

  private StreamEvent judged(StreamEvent.Done done) {
    judging = true;
    try {
      if (closed) {
        job.call().cancel(CancelReason.CLOSED);
      }
      return job.judged(done, judges);
    } finally {
      judging = false;
    }
  }

  @Override
  public boolean hasReady() {
    return ring.hasReady();
  }

  @Override
  public void close() {
    closed = true;
    ring.close();
    if (judging) {
      job.call().cancel(CancelReason.CLOSED); // the ring has ended, and does not
    }
  }
}
