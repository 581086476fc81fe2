package llm.core.idempotency;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.concurrent.Alarms;
import llm.core.concurrent.Broadcast;
import llm.domain.call.Call;
import llm.domain.call.CancelReason;
import llm.domain.call.EventStream;
import llm.domain.error.LlmError;

/**
 * The making of one answer, and everybody who waits for it, the first who asked among them. It goes
 * on for a while when nobody does, and is cancelled then.
 *
 * <p>One thread at a time makes it: {@link #head}, {@link #write}, {@link #holdRest}, {@link
 * #finish}. What is told after {@code holdRest} is told when it was decided what becomes of the
 * answer: nobody sees an end that is not kept yet. Any thread joins.
 */
public final class Run {
  private static final Broadcast.Ends<Piece> ENDS =
      new Broadcast.Ends<>() {
        @Override
        public Piece cancelled(CancelReason reason) {
          return new Piece.Left(reason);
        }

        @Override
        public Piece tooSlow() {
          return new Piece.TooSlow();
        }
      };

  /** What one that is not kept holds at most for readers that are behind. */
  private static final long NARROW_BYTES = 64 * 1024;

  private final String id;
  private final FirstUse use;
  private final int mostBytes;
  private final Room room;
  private final Owner owner;
  private final Broadcast<Piece> pieces;
  private final List<byte[]> body = new ArrayList<>(); // the maker's
  private final List<Piece> held = new ArrayList<>(); // the maker's
  private boolean isHolding; // the maker's
  private Piece.Head head; // the maker's; null before it
  private int bytes; // the maker's; taken from the room
  private boolean isTooLong; // the maker's
  private volatile boolean isSettled;
  private Optional<Call> call = Optional.empty(); // guarded by this
  private Optional<CancelReason> reason = Optional.empty(); // guarded by this

  /** What becomes of a run that is over. */
  interface Owner {
    /** Keeps the answer, and forgets the run; whether it could be kept. */
    boolean keep(Run run, KeptAnswer answer);

    /** Forgets the run: the next request with the key begins anew. */
    void drop(Run run, boolean isTooLong);
  }

  Run(
      String id,
      FirstUse use,
      IdempotencySettings settings,
      Room room,
      Alarms alarms,
      Owner owner) {
    this.id = id;
    this.use = use;
    this.mostBytes = settings.answerBytes();
    this.room = room;
    this.owner = owner;
    this.pieces =
        new Broadcast<>(mostBytes, Run::weight, settings.detached(), alarms, this::cancel);
  }

  private static long weight(Piece piece) {
    return piece instanceof Piece.Bytes part ? part.bytes().length : 0;
  }

  String id() {
    return id;
  }

  FirstUse use() {
    return use;
  }

  /** Until when the key stands for this answer. */
  public Instant expires() {
    return use.expires();
  }

  /** Whether the store has said that the key is this run's. */
  boolean isSettled() {
    return isSettled;
  }

  void settle() {
    isSettled = true;
  }

  /**
   * All of the answer from its beginning; empty when that is not held any more, because the answer
   * is longer than one that is kept, or the making was cancelled.
   *
   * @param reader whose end is the reader's alone
   */
  public Optional<EventStream<Piece>> join(Call reader) {
    return pieces.join(reader, ENDS);
  }

  /** Under which call it is made: that is cancelled when nobody waits any more. */
  public void madeUnder(Call making) {
    Optional<CancelReason> already;
    synchronized (this) {
      call = Optional.of(making);
      already = reason;
    }
    already.ifPresent(making::cancel);
  }

  private void cancel(CancelReason why) {
    Optional<Call> making;
    synchronized (this) {
      reason = Optional.of(why);
      making = call;
    }
    making.ifPresent(it -> it.cancel(why));
  }

  /**
   * Tells the head.
   *
   * @param length of the body in bytes; -1 when that is not known yet
   */
  public void head(int status, Map<String, String> headers, long length) {
    isTooLong = length > mostBytes;
    head = new Piece.Head(status, headers, length < 0);
    isHolding |= length >= 0;
    tell(head);
  }

  /**
   * Tells a part of the body; waits while those who read are far behind.
   *
   * @return false when nobody reads any more, and nobody will
   */
  public boolean write(byte[] part) {
    if (!isTooLong) {
      if (part.length > mostBytes - bytes) {
        forget(); // up to the limit is held for those who are behind: so much of the room stays
      } else if (room.take(part.length)) {
        bytes += part.length;
        body.add(part);
      } else {
        forget();
        pieces.narrow(NARROW_BYTES);
      }
    }
    return tell(new Piece.Bytes(part));
  }

  private void forget() {
    isTooLong = true;
    body.clear();
  }

  /** What follows is the last of it. */
  public void holdRest() {
    isHolding = true;
  }

  private boolean tell(Piece piece) {
    return isHolding ? held.add(piece) : pieces.put(piece);
  }

  /**
   * Decides what becomes of it, and tells the rest.
   *
   * @param how {@code done}, or the word for the failure
   * @param isWhole whether it has an end of its own; else it broke off
   */
  public void finish(String how, boolean isWhole) {
    boolean isGood =
        isWhole && how.equals("done") && head != null && head.status() / 100 == 2 && !isCancelled();
    boolean isKept = false;
    try {
      if (isGood && !isTooLong) {
        isKept = owner.keep(this, new KeptAnswer(use, head, gathered()));
      } else {
        owner.drop(this, isGood);
      }
    } finally {
      held.forEach(pieces::put);
      pieces.end(
          head == null
              ? new Piece.Refused(new LlmError.Internal())
              : new Piece.End(how, isWhole, isKept));
      room.give(bytes);
      bytes = 0;
    }
  }

  private synchronized boolean isCancelled() {
    return reason.isPresent();
  }

  private byte[] gathered() {
    var all = new ByteArrayOutputStream(bytes);
    body.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** There is no answer; instead of all of the above. */
  public void refuse(LlmError error) {
    owner.drop(this, false);
    pieces.end(new Piece.Refused(error));
  }

  /** The answer was kept already; instead of all of the above. */
  void answered(KeptAnswer answer) {
    pieces.put(answer.head());
    pieces.put(new Piece.Bytes(answer.body()));
    pieces.end(new Piece.End("done", true, true));
  }
}
