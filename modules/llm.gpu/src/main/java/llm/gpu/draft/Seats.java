package llm.gpu.draft;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import llm.gpu.llama.Sequences;
import llm.gpu.prefix.TokenSequence;

/**
 * The sequences of a draft model's context, and the tokens that each holds. An answer has one while
 * it is followed; what an answer left behind serves the next one that begins alike. What an
 * answer's tokens are is never asked here but compared, so that a draft that was wrong, an answer
 * that was parked, and any other change mends itself. One thread.
 */
final class Seats {
  private static final int MIN_CAPACITY = 256;

  private final Sequences sequences;
  private final List<Seat> seats = new ArrayList<>();
  private long tick;

  /** A sequence of the context. */
  static final class Seat {
    private final int id;
    private int[] tokens = new int[MIN_CAPACITY];
    private int count;
    private int agreed; // of them, the first ones of its owner's tokens
    private Drafting owner; // null: nobody's
    private long lastUse;

    private Seat(int id) {
      this.id = id;
    }

    int id() {
      return id;
    }

    /** Tokens that are in the context's memory. */
    int count() {
      return count;
    }

    /** The token at the next position is in memory. */
    void append(int token) {
      if (count == tokens.length) {
        tokens = Arrays.copyOf(tokens, 2 * count);
      }
      tokens[count++] = token;
    }

    private int common(TokenSequence sequence) {
      int common = agreed;
      int most = Math.min(count, sequence.count());
      while (common < most && tokens[common] == sequence.token(common)) {
        common++;
      }
      return common;
    }
  }

  /** Over all sequences of a context that is empty. */
  Seats(Sequences sequences) {
    this.sequences = sequences;
    for (int id = 0; id < sequences.sequences(); id++) {
      seats.add(new Seat(id));
    }
  }

  /** How many tokens of {@code sequence} are in no seat that it could have. */
  int unread(Drafting owner, TokenSequence sequence) {
    int known =
        of(owner)
            .map(seat -> seat.common(sequence))
            .orElseGet(() -> best(sequence).common(sequence));
    return sequence.count() - Math.min(known, sequence.count() - 1);
  }

  /**
   * The seat of an answer, cut back to what its tokens are, the last one left out so that there is
   * something to compute.
   */
  Seat follow(Drafting owner, TokenSequence sequence) {
    Seat seat = of(owner).orElseGet(() -> take(owner, sequence));
    seat.lastUse = ++tick;
    int common = seat.common(sequence);
    cut(seat, Math.min(common, sequence.count() - 1));
    seat.agreed = seat.count;
    return seat;
  }

  /** An answer has ended; its tokens stay for the next one. */
  void leave(Drafting owner) {
    of(owner)
        .ifPresent(seat -> {
          seat.owner = null;
          seat.agreed = 0;
        });
  }

  /** Forgets what nobody owns; whether there was any. */
  boolean forgetIdle() {
    boolean any = false;
    for (Seat seat : seats) {
      if (seat.owner == null && seat.count > 0) {
        forget(seat);
        any = true;
      }
    }
    return any;
  }

  /** Forgets what a decode that did not come to its end may have left. */
  void forget(Seat seat) {
    sequences.cut(seat.id, 0);
    seat.count = 0;
    seat.agreed = 0;
  }

  private Optional<Seat> of(Drafting owner) {
    return seats.stream().filter(seat -> seat.owner == owner).findFirst();
  }

  /** The one that holds most of a text. */
  private Seat best(TokenSequence sequence) {
    Seat best = seats.getFirst();
    int most = -1;
    for (Seat seat : seats) {
      int common = prefix(seat, sequence);
      if (common > most) {
        most = common;
        best = seat;
      }
    }
    return best;
  }

  private static int prefix(Seat seat, TokenSequence sequence) {
    int common = 0;
    int most = Math.min(seat.count, sequence.count());
    while (common < most && seat.tokens[common] == sequence.token(common)) {
      common++;
    }
    return common;
  }

  /**
   * A seat that nobody owns, or the one used least recently, with what another knows of the text.
   * One whose text goes on otherwise for longer stays as it is while there are others.
   */
  private Seat take(Drafting owner, TokenSequence sequence) {
    Seat source = best(sequence);
    int common = prefix(source, sequence);
    Seat target =
        source.owner == null && 2 * common >= source.count
            ? source
            : seats.stream()
                .min(
                    Comparator.comparing((Seat seat) -> seat.owner != null)
                        .thenComparingLong(seat -> seat.lastUse))
                .orElseThrow();
    if (target != source) {
      forget(target);
      sequences.share(source.id, target.id, common);
      target.tokens = Arrays.copyOf(source.tokens, Math.max(MIN_CAPACITY, common));
      target.count = common;
      if (common > 0 && !sequences.reaches(target.id, common)) {
        forget(target);
      }
    }
    target.owner = owner;
    target.agreed = 0;
    return target;
  }

  private void cut(Seat seat, int count) {
    if (count == seat.count) {
      return;
    }
    if (sequences.cut(seat.id, count) && sequences.reaches(seat.id, count)) {
      seat.count = count;
    } else {
      forget(seat);
    }
  }
}
