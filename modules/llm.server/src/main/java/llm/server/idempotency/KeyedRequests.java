package llm.server.idempotency;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import llm.core.idempotency.Fingerprint;
import llm.core.idempotency.Idempotency;
import llm.core.idempotency.IdempotencyKey;
import llm.core.idempotency.KeptAnswer;
import llm.core.idempotency.Piece;
import llm.core.idempotency.Run;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.error.LlmError;
import llm.domain.error.LlmException;
import llm.server.http.ErrorFormat;
import llm.server.http.Head;
import llm.server.http.Repeats;
import llm.server.http.Request;
import llm.server.http.Response;

/** One answer for all requests of one key, as it was given to the first of them. Thread-safe. */
public final class KeyedRequests implements Repeats {
  /** What the key did: {@code first}, {@code attached}, {@code replayed}, {@code not_kept}. */
  public static final String OUTCOME = "x-llm-idempotency";

  /** Until when the key stands for its first request. */
  public static final String EXPIRES = "idempotency-expires";

  private static final String ATTACHED = "attached";
  private static final String REPLAYED = "replayed";
  private static final String NOT_KEPT = "not_kept";
  private static final String LIMITS = "x-ratelimit-"; // of the moment, not of the answer

  /** RFC 9110, section 5.6.7. */
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private final Idempotency idempotency;

  /** Requests whose keys {@code idempotency} knows. */
  public KeyedRequests(Idempotency idempotency) {
    this.idempotency = idempotency;
  }

  @Override
  public Repeated answer(List<String> keys, Request request, ErrorFormat errors, Maker maker)
      throws LlmException {
    var key = IdempotencyKey.of(keys);
    byte[] body = request.body().json();
    Head head = request.head();
    var print = Fingerprint.of(head.method(), head.path(), head.query(), body);
    Call call = request.call();
    return switch (idempotency.claim(key, print, call.principal())) {
      case Idempotency.Claim.Replayed(KeptAnswer answer) ->
          new Telling(REPLAYED, answer.expires(), request, errors).of(answer);
      case Idempotency.Claim.Attached(Run run) ->
          new Telling(ATTACHED, run.expires(), request, errors).of(join(run, call));
      case Idempotency.Claim.First(Run run) -> {
        EventStream<Piece> answer = join(run, call); // before it begins, so that it is waited for
        begin(run, body, head, maker);
        yield new Telling(FIRST, run.expires(), request, errors).of(answer);
      }
    };
  }

  private static void begin(Run run, byte[] body, Head head, Maker maker) throws LlmException {
    try {
      maker.begin(body, new RecordedExchange(head, run));
    } catch (LlmException full) {
      run.refuse(full.error());
      throw full;
    } catch (RuntimeException | Error bug) {
      run.refuse(new LlmError.Internal()); // or all who wait would wait for ever
      throw bug;
    }
  }

  private static EventStream<Piece> join(Run run, Call call) throws LlmException {
    return run.join(call)
        .orElseThrow(() ->
            new LlmException(
                new LlmError.Conflict(
                    "The answer to the first request with this "
                        + HEADER
                        + " is under way and too long to be told again"
                        + " (idempotency.answer_bytes), or was just stopped; ask again after its"
                        + " end, or take a new key.",
                    Optional.of(Duration.ofSeconds(1)))));
  }

  /** How one client is told an answer. */
  private record Telling(String how, Instant expires, Request request, ErrorFormat errors) {

    Repeated of(KeptAnswer answer) {
      Piece.Head head = answer.head();
      if (!head.streamed()) {
        return new Repeated(full(head, answer.body(), how), how, () -> "done");
      }
      var events = ReplayedEvents.of(answer.body());
      return new Repeated(events(head, events), how, events::end);
    }

    Repeated of(EventStream<Piece> pieces) throws LlmException {
      boolean isOpen = false;
      try {
        if (!(begin(pieces.next()) instanceof Piece.Head head)) {
          throw new IllegalStateException("an answer begins with its head");
        }
        isOpen = head.streamed();
        return isOpen ? streamed(head, pieces) : whole(head, pieces);
      } finally {
        if (!isOpen) {
          pieces.close();
        }
      }
    }

    private Repeated streamed(Piece.Head head, EventStream<Piece> pieces) {
      var events = ReplayedEvents.of(pieces, error -> errors.body(error, request.head().id()));
      return new Repeated(events(head, events), how, events::end);
    }

    private Repeated whole(Piece.Head head, EventStream<Piece> pieces) throws LlmException {
      var body = new ByteArrayOutputStream();
      while (true) {
        Piece piece = begin(pieces.next());
        if (piece instanceof Piece.Bytes part) {
          body.writeBytes(part.bytes());
        } else if (piece instanceof Piece.End end) {
          if (!end.whole()) {
            throw new LlmException(new LlmError.Internal());
          }
          boolean isLost = end.how().equals("done") && !end.kept() && how.equals(FIRST);
          String told = isLost ? NOT_KEPT : how;
          return new Repeated(full(head, body.toByteArray(), told), told, end::how);
        }
      }
    }

    /** A piece that is no end of this reader's own. */
    private Piece begin(Piece piece) throws LlmException {
      return switch (piece) {
        case Piece.Refused(LlmError error) -> throw new LlmException(error);
        case Piece.Left(CancelReason reason) -> throw new LlmException(left(reason));
        case Piece.TooSlow _ -> throw new LlmException(new LlmError.Cancelled(CancelReason.CLOSED));
        case Piece.Head _, Piece.Bytes _, Piece.End _ -> piece;
      };
    }

    private LlmError left(CancelReason reason) {
      return reason.isFailure()
          ? new LlmError.DeadlineExceeded(reason, "The request", request.call().deadline().budget())
          : new LlmError.Cancelled(reason);
    }

    private Response full(Piece.Head head, byte[] body, String outcome) {
      var response = Response.json(head.status(), body);
      for (var header : head.headers().entrySet()) {
        if (isTold(header)) {
          response = response.with(header.getKey(), header.getValue());
        }
      }
      if (head.status() / 100 != 2) {
        return response; // the key is free again
      }
      return response.with(OUTCOME, outcome).with(EXPIRES, DATE.format(expires));
    }

    private Response events(Piece.Head head, ReplayedEvents events) {
      var response = new Response.Events(events::open, events);
      for (var header : head.headers().entrySet()) {
        if (isTold(header)) {
          response = response.with(header.getKey(), header.getValue());
        }
      }
      return response.with(OUTCOME, how).with(EXPIRES, DATE.format(expires));
    }

    private boolean isTold(Map.Entry<String, String> header) {
      return how.equals(FIRST) || !header.getKey().startsWith(LIMITS);
    }
  }
}
