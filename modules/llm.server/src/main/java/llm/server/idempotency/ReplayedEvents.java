package llm.server.idempotency;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.function.Function;
import llm.core.idempotency.Piece;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.chat.FinishReason;
import llm.domain.chat.StreamEvent;
import llm.domain.chat.Usage;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.Response;

/**
 * The bytes of a stream that was or is made for somebody else, as a stream that the edge knows how
 * to write: each event stands for some of the bytes. One client; the thread that pulls an event
 * encodes it.
 */
final class ReplayedEvents implements Response.Encoder {
  private static final int SLICE = 16 * 1024; // what the edge sends at once
  private static final byte[] NOTHING = new byte[0];
  private static final StreamEvent BEGIN = new StreamEvent.Started("replay");
  private static final StreamEvent PART = new StreamEvent.TextDelta("");

  private final Source source;
  private byte[] bytes = NOTHING; // behind the event that was pulled last
  private int from;
  private int to;
  private String end = "broken"; // until it is known

  /** Where the bytes come from. */
  private interface Source extends AutoCloseable {
    /** Takes more bytes, with {@link #take}; the end when there are none. */
    StreamEvent.Terminal next(ReplayedEvents to);

    boolean hasReady();

    @Override
    void close();
  }

  private ReplayedEvents(Source source) {
    this.source = source;
  }

  /** Those of a stream that is over. */
  static ReplayedEvents of(byte[] body) {
    return new ReplayedEvents(
        new Source() {
          private boolean isTaken;

          @Override
          public StreamEvent.Terminal next(ReplayedEvents to) {
            to.take(isTaken ? NOTHING : body);
            to.end = "done";
            boolean isOver = isTaken;
            isTaken = true;
            return isOver ? done() : null;
          }

          @Override
          public boolean hasReady() {
            return true;
          }

          @Override
          public void close() {
            // nothing is held
          }
        });
  }

  /**
   * Those of a stream that is made.
   *
   * @param errors the body that tells an error to the client, for what the stream itself does not
   *     tell
   */
  static ReplayedEvents of(EventStream<Piece> pieces, Function<LlmError, byte[]> errors) {
    return new ReplayedEvents(new Live(pieces, errors));
  }

  /** The stream, once. */
  EventStream<StreamEvent> open() {
    return new EventStream<>() {
      private boolean hasBegun;

      @Override
      public StreamEvent next() {
        if (!hasBegun) {
          hasBegun = true; // the head is there, so the client gets it
          return BEGIN;
        }
        if (to < bytes.length) {
          take(bytes, to);
          return PART;
        }
        StreamEvent.Terminal last = source.next(ReplayedEvents.this);
        return last == null ? PART : last;
      }

      @Override
      public boolean hasReady() {
        return to < bytes.length || source.hasReady();
      }

      @Override
      public void close() {
        source.close();
      }
    };
  }

  /** How it ended, for the log. */
  String end() {
    return end;
  }

  private void take(byte[] more) {
    take(more, 0);
  }

  private void take(byte[] more, int at) {
    bytes = more;
    from = at;
    to = Math.min(at + SLICE, more.length);
  }

  private static StreamEvent.Terminal done() {
    return new StreamEvent.Done(FinishReason.STOP, Usage.NONE);
  }

  @Override
  public void encode(StreamEvent event, OutputStream frames) throws IOException {
    frames.write(bytes, from, to - from);
    from = to;
  }

  /** Bytes as they come. */
  private record Live(EventStream<Piece> pieces, Function<LlmError, byte[]> errors)
      implements Source {
    @Override
    public StreamEvent.Terminal next(ReplayedEvents to) {
      try {
        return told(pieces.next(), to);
      } catch (LlmException failure) {
        return failed(failure.error(), to);
      }
    }

    private StreamEvent.Terminal told(Piece piece, ReplayedEvents to) {
      return switch (piece) {
        case Piece.Bytes part -> {
          to.take(part.bytes());
          yield null;
        }
        case Piece.End(String how, boolean whole, boolean _) when whole -> {
          to.take(NOTHING);
          to.end = how;
          yield done();
        }
        case Piece.Left(CancelReason reason) -> failed(new LlmError.Cancelled(reason), to);
        case Piece.TooSlow _ -> failed(new LlmError.Cancelled(CancelReason.CLOSED), to);
        case Piece.Refused(LlmError error) -> failed(error, to);
        case Piece.End _, Piece.Head _ -> failed(new LlmError.Internal(), to);
      };
    }

    /** What the stream cannot tell any more, in the frame that clients of all dialects know. */
    private StreamEvent.Terminal failed(LlmError error, ReplayedEvents to) {
      var frame = new ByteArrayOutputStream();
      frame.writeBytes("event: error\ndata: ".getBytes(UTF_8));
      frame.writeBytes(errors.apply(error));
      frame.writeBytes("\n\n".getBytes(UTF_8));
      to.take(frame.toByteArray());
      boolean isGone = error.equals(new LlmError.Cancelled(CancelReason.CLIENT_GONE));
      to.end = isGone ? "client_gone" : error.code().wireName();
      return new StreamEvent.Failed(error, Usage.NONE);
    }

    @Override
    public boolean hasReady() {
      return pieces.hasReady();
    }

    @Override
    public void close() {
      pieces.close();
    }
  }
}
