package llm.gpu.draft;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import llm.core.telemetry.Log;
import llm.domain.port.TimeSource;
import llm.gpu.llama.Batch;
import llm.gpu.llama.Context;
import llm.gpu.llama.LlamaException;
import llm.gpu.prefix.TokenSequence;
import llm.gpu.schedule.DeviceGuard;

/**
 * Drafts with a draft model: reads what answers have become since the last time, then takes the
 * likeliest token of each again and again, all answers together. Trouble with it ends drafts and
 * nothing else. The engine's thread owns it.
 */
public final class ModelDrafter implements Drafter {
  private static final int FEW = 4; // tokens of an answer in a round like any other
  private static final int FIRST_READ = 16; // tokens, while it is not known how long they take
  private static final int LAST_READS = 5;
  private static final int CROWDED_DRAFTS = 64; // that are left out when there was no room

  private final DraftModel model;
  private final DeviceGuard guard;
  private final TimeSource time;
  private final LongConsumer took;
  private final Log log;
  private final Seats seats;
  private final double targetNanos;
  private final Median reading = new Median(LAST_READS); // nanoseconds of a token
  private int rest; // drafts that are left out

  /**
   * Over {@code model}, which nobody else uses.
   *
   * @param stepTarget how long it may read before a step, for all answers wait meanwhile
   * @param took told the nanoseconds of each draft
   */
  public ModelDrafter(
      DraftModel model,
      DeviceGuard guard,
      Duration stepTarget,
      TimeSource time,
      LongConsumer took,
      Log log) {
    this.targetNanos = stepTarget.toNanos();
    this.model = model;
    this.guard = guard;
    this.time = time;
    this.took = took;
    this.log = log;
    this.seats = new Seats(model.context());
  }

  /** An answer that is being drafted. */
  private static final class Follower {
    private static final int NONE = -1;

    private final Wish wish;
    private final Seats.Seat seat;
    private int proposed;
    private int output = NONE; // index of its logits in the last decode, where it wants more

    private Follower(Wish wish, Seats.Seat seat) {
      this.wish = wish;
      this.seat = seat;
    }

    private boolean wantsMore() {
      return output != NONE;
    }

    private void ends() {
      output = NONE;
    }

    /** Whether the token is worth trying. */
    private boolean proposes(DraftModel.Likeliest next) {
      double least = proposed == 0 ? wish.first() : wish.least();
      return wish.drafting().propose(next.token(), next.probability(), least);
    }
  }

  @Override
  public int unread(Drafting drafting, TokenSequence sequence) {
    if (model.failure().isPresent() || sequence.count() >= model.window()) {
      seats.leave(drafting); // others need its place
      return NEVER;
    }
    return seats.unread(drafting, sequence);
  }

  @Override
  public Took draft(List<Wish> wishes) {
    if (model.failure().isPresent() || rests()) {
      return Took.NOTHING;
    }
    try {
      return guard.exclusively(() -> rounds(wishes));
    } catch (LlamaException failure) {
      model.fail(failure.getMessage());
      log.warn("draft_model_failed").put("model", model.name()).cause(failure).emit();
      return Took.NOTHING;
    }
  }

  private boolean rests() {
    rest = Math.max(0, rest - 1);
    return rest > 0;
  }

  @Override
  public void leave(Drafting drafting) {
    seats.leave(drafting);
  }

  private Took rounds(List<Wish> wishes) throws LlamaException {
    List<Follower> followers = new ArrayList<>(wishes.size());
    for (Wish wish : wishes) {
      followers.add(new Follower(wish, seats.follow(wish.drafting(), wish.sequence())));
    }
    long start = time.nanoTime();
    int read = read(followers);
    long readNanos = time.nanoTime() - start;
    if (read >= FIRST_READ) {
      reading.add((double) readNanos / read);
    }
    boolean isRound = read <= FEW * followers.size();
    int rounds = isRound && read > 0 ? 1 : 0;
    while (read > 0 && goOn(followers)) {
      rounds++;
    }
    long nanos = time.nanoTime() - start;
    took.accept(nanos);
    long ofRounds = isRound ? nanos : nanos - readNanos;
    long each = rounds == 0 ? 0 : ofRounds / rounds;
    return isRound ? new Took(rounds, each, 0, 0) : new Took(rounds, each, read, readNanos);
  }

  /** Tokens that are read before one step, of all answers together. */
  private int mostRead() {
    int most = model.context().batchTokens();
    double nanos = Math.max(1, reading.value());
    return reading.count() == 0
        ? Math.min(most, FIRST_READ)
        : (int) Math.clamp(targetNanos / nanos, 1, most);
  }

  /** Reads what is not read yet, as far as there is time for it; how many tokens that were. */
  private int read(List<Follower> followers) throws LlamaException {
    Batch batch = model.batch();
    batch.clear();
    int room = mostRead();
    int[] to = new int[followers.size()];
    for (int i = 0; i < to.length; i++) {
      Follower follower = followers.get(i);
      TokenSequence sequence = follower.wish.sequence();
      int from = follower.seat.count();
      to[i] = Math.min(sequence.count(), from + Math.max(1, room / (to.length - i)));
      for (int at = from; at < to[i]; at++) {
        batch.add(sequence.token(at), at, follower.seat.id());
      }
      room -= to[i] - from;
      if (to[i] == sequence.count()) {
        follower.output = batch.askForLogits();
      }
    }
    if (!decode(batch)) {
      followers.forEach(Follower::ends);
      return 0;
    }
    for (int i = 0; i < to.length; i++) {
      Follower follower = followers.get(i);
      for (int at = follower.seat.count(); at < to[i]; at++) {
        follower.seat.append(follower.wish.sequence().token(at));
      }
      if (follower.wantsMore()) {
        follower.wish.drafting().ask(); // in place of what was looked up, now that it can be
      }
    }
    return batch.size();
  }

  /** Takes each answer's likeliest token and computes what follows it; whether anything did. */
  private boolean goOn(List<Follower> followers) throws LlamaException {
    Batch batch = model.batch();
    batch.clear();
    List<Follower> going = new ArrayList<>(followers.size());
    List<Integer> tokens = new ArrayList<>(followers.size());
    for (Follower follower : followers) {
      if (follower.wantsMore()) {
        DraftModel.Likeliest next = model.likeliest(follower.output);
        follower.ends();
        if (model.ends(next.token())) {
          follower.wish.drafting().proposeNone();
        } else if (follower.proposes(next)
            && ++follower.proposed < follower.wish.most()
            && follower.seat.count() < model.window()) {
          going.add(follower);
          tokens.add(next.token());
        }
      }
    }
    for (int i = 0; i < going.size(); i++) {
      batch.add(tokens.get(i), going.get(i).seat.count(), going.get(i).seat.id());
      going.get(i).output = batch.askForLogits();
    }
    if (going.isEmpty() || !decode(batch)) {
      return false;
    }
    for (int i = 0; i < going.size(); i++) {
      going.get(i).seat.append(tokens.get(i));
    }
    return true;
  }

  /**
   * Whether there was room for the batch, what nobody owns any more given up if need be. Where
   * there was none, it is not tried again for a while.
   */
  private boolean decode(Batch batch) throws LlamaException {
    Context context = model.context();
    Context.Outcome outcome = context.decode(batch);
    if (outcome == Context.Outcome.NO_ROOM && seats.forgetIdle()) {
      outcome = context.decode(batch);
    }
    rest = outcome == Context.Outcome.NO_ROOM ? CROWDED_DRAFTS : rest;
    return outcome == Context.Outcome.DONE;
  }
}
