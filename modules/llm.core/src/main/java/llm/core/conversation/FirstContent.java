package llm.core.conversation;

import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;

/** Tells of the first content of any kind in a stream. Threads as the stream's. */
final class FirstContent implements EventStream<StreamEvent> {
  private final EventStream<StreamEvent> inner;
  private final Runnable told;
  private boolean came;

  FirstContent(EventStream<StreamEvent> inner, Runnable told) {
    this.inner = inner;
    this.told = told;
  }

  @Override
  public StreamEvent next() throws LlmException {
    StreamEvent event = inner.next();
    if (!came
        && !(event instanceof StreamEvent.Started)
        && !(event instanceof StreamEvent.Terminal)) {
      came = true;
      told.run();
    }
    return event;
  }

  @Override
  public boolean hasReady() {
    return inner.hasReady();
  }

  @Override
  public void close() {
    inner.close();
  }
}
