package llm.core.response;

import java.io.IOException;
import java.io.OutputStream;
import llm.core.dialect.responses.ResponsesStreamWriter;
import llm.domain.call.EventStream;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;

/** An answer as it is streamed to one client: where its events come from, and how they are told. */
public final class ToldAnswer {
  private final Source source;
  private final ResponsesStreamWriter writer;
  private BackgroundRun.Watch watch; // null where the answer is the client's own

  /** Opens the events. */
  @FunctionalInterface
  interface Source {
    /**
     * Blocks until the upstream has accepted.
     *
     * @throws LlmException when it refuses
     */
    EventStream<StreamEvent> open() throws LlmException;
  }

  ToldAnswer(Source source, ResponsesStreamWriter writer) {
    this.source = source;
    this.writer = writer;
  }

  /** One that somebody watches, and which goes on without. */
  static ToldAnswer watched(BackgroundRun.Watch watch, ResponsesStreamWriter writer) {
    var told = new ToldAnswer(() -> watch, writer);
    told.watch = watch;
    return told;
  }

  /**
   * Its events. Once.
   *
   * @throws LlmException when the request is refused
   */
  public EventStream<StreamEvent> open() throws LlmException {
    return source.open();
  }

  /**
   * Writes the frames of an event, whole or not at all.
   *
   * @throws IOException what {@code frames} throws
   */
  public void encode(StreamEvent event, OutputStream frames) throws IOException {
    if (watch != null && watch.hasLeft()) {
      switch (event) {
        case StreamEvent.Failed failed -> writer.writeError(failed.error(), frames);
        case StreamEvent.Cancelled cancelled ->
            writer.writeError(new LlmError.Cancelled(cancelled.reason()), frames);
        default -> throw new IllegalStateException("who has left is told an end alone");
      }
    } else {
      writer.write(event, frames);
    }
  }
}
