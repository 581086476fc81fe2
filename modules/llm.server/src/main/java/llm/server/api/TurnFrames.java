package llm.server.api;

import java.io.IOException;
import java.io.OutputStream;
import llm.core.conversation.TurnEvent;
import llm.core.conversation.TurnReport;
import llm.core.conversation.wire.TurnWriter;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.error.LlmException;
import llm.server.http.Response;

/**
 * A turn as a stream that the edge knows how to write, and its frames: each event of the stream
 * stands for one of the turn. One turn; the thread that pulls an event encodes it.
 */
final class TurnFrames implements Response.Encoder {
  private final TurnWriter writer;
  private TurnEvent said; // the turn's event that stands behind `standsFor`
  private StreamEvent standsFor;

  TurnFrames(String requestId) {
    this.writer = new TurnWriter(requestId);
  }

  /** The stream of {@code turn}. */
  EventStream<StreamEvent> of(EventStream<TurnEvent> turn) {
    return new EventStream<>() {
      @Override
      public StreamEvent next() throws LlmException {
        said = turn.next();
        standsFor = standIn(said);
        return standsFor;
      }

      @Override
      public boolean hasReady() {
        return turn.hasReady();
      }

      @Override
      public void close() {
        turn.close();
      }
    };
  }

  @Override
  public void encode(StreamEvent event, OutputStream frames) throws IOException {
    if (event == standsFor) {
      writer.write(said, frames);
    } else if (event instanceof StreamEvent.Failed failed) {
      writer.write(failed.error(), frames); // the edge's own: the turn did not get so far
    }
  }

  private static StreamEvent standIn(TurnEvent event) {
    return switch (event) {
      case TurnEvent.Started(String conversation, String _, boolean _) ->
          new StreamEvent.Started(conversation);
      case TurnEvent.Chunk(String text, boolean _, var _) -> new StreamEvent.TextDelta(text);
      case TurnEvent.Finished(TurnReport report) ->
          new StreamEvent.Done(report.finish().orElse(FinishReason.STOP), report.usage());
      case TurnEvent.Failed(var error, TurnReport report) ->
          new StreamEvent.Failed(error, report.usage());
      case TurnEvent.Cancelled(var reason, TurnReport report) ->
          new StreamEvent.Cancelled(reason, report.usage());
    };
  }
}
