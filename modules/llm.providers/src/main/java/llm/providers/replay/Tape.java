package llm.providers.replay;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import llm.domain.call.Call;
import llm.providers.replay.Recorded.End;
import llm.providers.replay.Recorded.Field;
import llm.providers.replay.Recorded.How;
import llm.providers.replay.Recorded.Piece;
import llm.providers.transport.TransportException;
import llm.providers.transport.UpstreamRequest;
import llm.providers.transport.UpstreamResponse;

/**
 * One exchange while it goes on: what passes is copied, and handed to the recorder at the end. What
 * it holds is taken from the recorder's room; where there is none left, it keeps the times and the
 * end, and says that it is incomplete. Thread-safe: a response may be closed while it is read.
 */
final class Tape {
  /** What a tape takes at least, for what is not body. */
  private static final int OVERHEAD_BYTES = 2 * 1024;

  /** What a piece takes beside its bytes, and a field beside its name and value. */
  private static final int PIECE_BYTES = 32;

  private static final int FIRST_BYTES = 2 * 1024;

  private final Recorder recorder;
  private final String method;
  private final String path;
  private final List<Field> fields; // of the request; none where there was no room
  private final byte[] asked; // its body; empty where there was no room
  private final int askedBytes;
  private final Call call;
  private final Instant at;
  private final long startNanos;

  private long held; // guarded by this
  private boolean lacking; // guarded by this: there was no room
  private boolean ended; // guarded by this
  private long headMicros = -1; // guarded by this
  private int status; // guarded by this
  private boolean encoded; // guarded by this: secrets could not be seen in it
  private final List<Field> headers = new ArrayList<>(); // guarded by this
  private byte[] body = new byte[0]; // guarded by this
  private int size; // guarded by this
  private final List<long[]> pieces = new ArrayList<>(); // guarded by this: time, bytes
  private End end; // guarded by this

  Tape(Recorder recorder, UpstreamRequest request, Call call) {
    this.recorder = recorder;
    this.method = request.method();
    this.path = request.path();
    this.call = call;
    this.at = recorder.time().now();
    this.startNanos = recorder.time().nanoTime();
    byte[] sent = request.body().bytes();
    List<Field> told =
        request.headers().stream().map(one -> new Field(one.name(), one.value())).toList();
    boolean taken;
    synchronized (this) {
      taken = take(OVERHEAD_BYTES + size(told) + sent.length);
      lacking = !taken;
    }
    this.fields = taken ? told : List.of();
    this.asked = taken ? sent : new byte[0];
    this.askedBytes = sent.length;
  }

  /** The head came. */
  synchronized void head(UpstreamResponse response) {
    headMicros = micros();
    status = response.status();
    if (!lacking) {
      var came = new ArrayList<Field>();
      response.eachHeader((name, value) -> came.add(new Field(name, value)));
      lacking = !take(size(came));
      if (!lacking) {
        headers.addAll(came);
      }
    }
    encoded =
        response
            .header("content-encoding")
            .filter(coding -> !coding.strip().equalsIgnoreCase("identity"))
            .isPresent();
  }

  /** Bytes of the body were read. */
  synchronized void read(byte[] from, int offset, int length) {
    if (ended || lacking) {
      return;
    }
    boolean kept = recorder.keepsBodies() && !encoded;
    if (!take(PIECE_BYTES + (kept ? length : 0))) {
      lacking = true;
      return;
    }
    pieces.add(new long[] {micros(), length});
    if (kept) {
      if (body.length - size < length) {
        body = Arrays.copyOf(body, Math.max(FIRST_BYTES, Math.max(2 * body.length, size + length)));
      }
      System.arraycopy(from, offset, body, size, length);
    }
    size += length;
  }

  /** The body came to its end. */
  void complete() {
    end(How.COMPLETE, Optional.empty());
  }

  /** Nobody reads on. */
  void closed() {
    end(call.cancelled().isPresent() ? How.CANCELLED : How.CLOSED, Optional.empty());
  }

  /** The exchange failed. */
  void failed(TransportException failure) {
    boolean cancelled =
        call.cancelled().isPresent() || failure.kind() == TransportException.Kind.CANCELLED;
    end(
        cancelled ? How.CANCELLED : How.of(failure.kind()),
        Optional.ofNullable(failure.getMessage()));
  }

  /** Something of ours failed. */
  void broken() {
    end(How.INCOMPLETE, Optional.of("the exchange ended without saying how"));
  }

  /** What it holds of the recorder's room. */
  synchronized long held() {
    return held;
  }

  /** What was recorded, without its secrets; once it has ended. */
  synchronized Recorded toRecorded(String provider, Mask mask) {
    var body = new Piece(0, askedBytes, keeps() ? mask.body(asked) : new byte[0]);
    Optional<Recorded.Response> response =
        headMicros < 0
            ? Optional.empty()
            : Optional.of(
                new Recorded.Response(headMicros, status, masked(headers, mask), cut(mask)));
    return new Recorded(
        at,
        provider,
        call.id().value(),
        new Recorded.Request(method, mask.path(path), masked(fields, mask), body),
        response,
        new End(end.micros(), end.how(), end.message().map(mask::text)));
  }

  /** The body in its pieces; it is masked as a whole, since a secret may stand in two of them. */
  private List<Piece> cut(Mask mask) {
    boolean kept = keeps() && !encoded;
    byte[] masked = kept ? mask.body(Arrays.copyOf(body, size)) : body;
    var cut = new ArrayList<Piece>(pieces.size());
    int from = 0;
    for (long[] piece : pieces) {
      int length = (int) piece[1];
      byte[] bytes = kept ? Arrays.copyOfRange(masked, from, from + length) : new byte[0];
      cut.add(new Piece(piece[0], length, bytes));
      from += length;
    }
    return cut;
  }

  private static List<Field> masked(List<Field> fields, Mask mask) {
    return fields.stream()
        .map(field -> new Field(field.name(), mask.field(field.name(), field.value())))
        .toList();
  }

  private boolean keeps() {
    return recorder.keepsBodies();
  }

  private void end(How how, Optional<String> message) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      end =
          lacking
              ? new End(micros(), How.INCOMPLETE, Optional.of("the recorder had no room for it"))
              : new End(micros(), how, message);
    }
    recorder.take(this);
  }

  private static long size(List<Field> fields) {
    return fields.stream()
        .mapToLong(field -> PIECE_BYTES + field.name().length() + field.value().length())
        .sum();
  }

  private boolean take(long bytes) {
    if (!recorder.reserve(bytes)) {
      return false;
    }
    held += bytes;
    return true;
  }

  private long micros() {
    return (recorder.time().nanoTime() - startNanos) / 1_000;
  }
}
