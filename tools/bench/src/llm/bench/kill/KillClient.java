package llm.bench.kill;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * One client: talks in a few conversations by turns, and repeats under the same id whatever was not
 * acknowledged, as a client must. What it says, and where, depends on its seed and on what was
 * refused.
 */
public final class KillClient implements Runnable {
  private static final int TALKS = 3;
  private static final int MOST_TURNS = 40;
  private static final int DELETES_ONE_IN = 6;
  private static final int LEAVES_ONE_IN = 10;
  private static final int MOST_FRAMES = 30;
  private static final long PAUSE_NANOS = Duration.ofMillis(10).toNanos();
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final String name;
  private final Exchange exchange;
  private final KillCounts counts;
  private final BooleanSupplier more;
  private final boolean mustSurvive;
  private final SplittableRandom random;
  private final Texts texts;
  private final List<Talk> open = new ArrayList<>();
  private final List<Talk> ended = new ArrayList<>();
  private long acknowledgedNanos = System.nanoTime();
  private int made;
  private long said;

  /**
   * A client.
   *
   * @param mustSurvive whether a turn counts as acknowledged only when it is durable: where the
   *     server's memory is lost
   * @param more whether to begin new turns; what was begun is brought to its end then
   */
  public KillClient(
      String name,
      int port,
      long seed,
      boolean mustSurvive,
      KillCounts counts,
      BooleanSupplier more) {
    this.name = name;
    this.exchange = new Exchange(port);
    this.counts = counts;
    this.more = more;
    this.mustSurvive = mustSurvive;
    this.random = new SplittableRandom(seed);
    this.texts = new Texts(seed + 1);
  }

  /** All its conversations; once it has ended. */
  public List<Talk> talks() {
    var all = new ArrayList<>(ended);
    all.addAll(open);
    return all;
  }

  /** A client that breaks is a failure of the soak: nobody would miss its requests else. */
  @Override
  public void run() {
    try {
      while (more.getAsBoolean() && !counts.failed()) {
        while (open.size() < TALKS) {
          open.add(new Talk(name + "-" + made++, 1 + random.nextInt(MOST_TURNS)));
        }
        step(open.get(random.nextInt(TALKS)), true);
      }
      for (Talk talk : List.copyOf(open)) {
        while (isPending(talk) && !counts.failed()) {
          step(talk, false);
        }
      }
    } catch (RuntimeException bug) {
      counts.fail("client " + name + " broke: " + bug);
    }
  }

  private static boolean isPending(Talk talk) {
    return switch (talk.stage()) {
      case WANTED, LEAVING -> true;
      case OPEN -> talk.pending().isPresent();
      case DELETED -> false;
    };
  }

  /** One request, for what is pending or for something new. */
  private void step(Talk talk, boolean begins) {
    boolean acknowledged =
        switch (talk.stage()) {
          case WANTED -> opened(talk);
          case OPEN -> said(talk, begins);
          case LEAVING -> deleted(talk);
          case DELETED -> throw new IllegalStateException(talk.id() + " is gone");
        };
    if (acknowledged) {
      acknowledgedNanos = System.nanoTime();
      return;
    }
    if (System.nanoTime() - acknowledgedNanos > PATIENCE.toNanos()) {
      counts.fail("client " + name + " was told nothing for " + PATIENCE.toSeconds() + " s");
    }
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  private boolean opened(Talk talk) {
    if (!passed(exchange.open(talk.id()), 201, talk)) {
      return false;
    }
    talk.stage(Talk.Stage.OPEN);
    counts.conversations.incrementAndGet();
    return true;
  }

  private boolean deleted(Talk talk) {
    int status = exchange.delete(talk.id());
    boolean goneBefore = status == 404 && talk.mayBeGone();
    if (!goneBefore && !passed(status, 204, talk)) {
      talk.deleting();
      return false;
    }
    talk.stage(Talk.Stage.DELETED);
    counts.deleted.incrementAndGet();
    open.remove(talk);
    ended.add(talk);
    return true;
  }

  private boolean passed(int status, int expected, Talk talk) {
    switch (status) {
      case Exchange.DOWN -> {
        // tried again
      }
      case Exchange.CUT -> counts.cut.incrementAndGet();
      case 503 -> counts.refused.incrementAndGet();
      default -> {
        if (status != expected) {
          counts.fail(talk.id() + " was answered " + status + " and not " + expected);
        }
      }
    }
    return status == expected;
  }

  private boolean said(Talk talk, boolean begins) {
    boolean repeated = talk.pending().isPresent();
    if (!repeated && !begins) {
      return true;
    }
    Talk.Turn turn = talk.pending().orElseGet(() -> talk.say(texts.next(said++)));
    boolean leaves = random.nextInt(LEAVES_ONE_IN) == 0;
    int frames = leaves ? 1 + random.nextInt(MOST_FRAMES) : Integer.MAX_VALUE;
    Reply reply = exchange.turn(talk.id(), turn, frames);
    if (repeated && reply.end() != Reply.End.DOWN) {
      counts.repeated.incrementAndGet();
    }
    if (reply.begun() && mustSurvive) {
      turn.begun();
    }
    if (reply.end() != Reply.End.FINISHED) {
      missed(talk, turn, reply);
      return false;
    }
    return heard(talk, turn, reply);
  }

  private void missed(Talk talk, Talk.Turn turn, Reply reply) {
    switch (reply.end()) {
      case CUT -> counts.cut.incrementAndGet();
      case LEFT -> counts.left.incrementAndGet();
      case DOWN -> {
        return;
      }
      default -> counts.refused.incrementAndGet();
    }
    if (!reply.mayPass()) {
      counts.fail(
          "%s %s ended as %s, %d: %s"
              .formatted(talk.id(), turn.id(), reply.end(), reply.status(), reply.detail()));
    }
  }

  private boolean heard(Talk talk, Talk.Turn turn, Reply reply) {
    (reply.durable() ? counts.durable : counts.undurable).incrementAndGet();
    if (reply.replayed()) {
      counts.replayed.incrementAndGet();
    }
    if (!reply.answer().equals("Echo: " + turn.text())) {
      counts.fail(talk.id() + " " + turn.id() + " was answered wrongly: " + reply.answer());
    }
    if (mustSurvive && !reply.durable()) {
      return false; // repeated until it is
    }
    turn.answered(reply.answer());
    counts.turns.incrementAndGet();
    if (talk.size() >= talk.length()) {
      leave(talk);
    }
    return true;
  }

  private void leave(Talk talk) {
    counts.ended.incrementAndGet();
    if (random.nextInt(DELETES_ONE_IN) == 0) {
      talk.stage(Talk.Stage.LEAVING);
    } else {
      open.remove(talk);
      ended.add(talk);
    }
  }
}
