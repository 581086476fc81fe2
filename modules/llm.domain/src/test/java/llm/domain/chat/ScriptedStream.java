package llm.domain.chat;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import llm.domain.call.EventStream;

/** Gives the events it was made with. */
public final class ScriptedStream implements EventStream<StreamEvent> {
  private final Queue<StreamEvent> events;
  private boolean closed;

  /** Gives these. */
  public ScriptedStream(StreamEvent... events) {
    this.events = new ArrayDeque<>(List.of(events));
  }

  /** Whether somebody closed it. */
  public boolean isClosed() {
    return closed;
  }

  @Override
  public StreamEvent next() {
    if (events.isEmpty()) {
      throw new IllegalStateException("the terminal event was returned");
    }
    return events.remove();
  }

  @Override
  public boolean hasReady() {
    return !events.isEmpty();
  }

  @Override
  public void close() {
    closed = true;
  }
}
