package llm.core.cache;

import java.util.function.Consumer;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/** A reader's place in a flight, whose first event was read already. */
final class SharedAnswer implements EventStream<StreamEvent> {
  private final EventStream<StreamEvent> rest;
  private final Consumer<StreamEvent.Done> onDone;
  private StreamEvent first; // null: it was given

  /**
   * The events of {@code rest} behind {@code first}.
   *
   * @param onDone is told the end of a complete answer, once, on the reader's thread
   */
  SharedAnswer(
      StreamEvent first, EventStream<StreamEvent> rest, Consumer<StreamEvent.Done> onDone) {
    this.first = first;
    this.rest = rest;
    this.onDone = onDone;
  }

  @Override
  public StreamEvent next() throws LlmException {
    StreamEvent event = first == null ? rest.next() : first;
    first = null;
    if (event instanceof StreamEvent.Done done) {
      onDone.accept(done);
    }
    return event;
  }

  @Override
  public boolean hasReady() {
    return first != null || rest.hasReady();
  }

  @Override
  public void close() {
    rest.close();
  }
}
