package llm.bench.kill;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** Compares at the end what the server has with what it acknowledged. */
public final class Comparison {
  private static final int AT_ONCE = 8;

  private final Exchange exchange;
  private final KillCounts counts;

  /** With the server at {@code port}, which must stay. */
  public Comparison(int port, KillCounts counts) {
    this.exchange = new Exchange(port);
    this.counts = counts;
  }

  /**
   * Reads every conversation, and repeats every turn that was acknowledged; what is wrong is a
   * failure in the counts.
   */
  public void of(List<Talk> talks) {
    var permits = new Semaphore(AT_ONCE);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Talk talk : talks) {
        threads.submit(() -> {
          permits.acquireUninterruptibly();
          try {
            compare(talk);
          } catch (IOException | RuntimeException failure) {
            counts.fail(talk.id() + " cannot be compared: " + failure);
          } finally {
            permits.release();
          }
        });
      }
    }
    if (counts.turns.get() == 0) {
      counts.fail("no turn was ever acknowledged: there is nothing to compare");
    }
  }

  private void compare(Talk talk) throws IOException {
    Exchange.Told told = exchange.records(talk.id());
    if (talk.stage() == Talk.Stage.DELETED) {
      if (told.status() != 404) {
        counts.fail(talk.id() + " was deleted and is answered " + told.status());
      }
      return;
    }
    if (told.status() != 200) {
      counts.fail(talk.id() + " was acknowledged and is answered " + told.status());
      return;
    }
    counts.records.addAndGet(told.records().size());
    counts.handovers.addAndGet(Records.handovers(told.records()));
    Records.problems(talk, told.records()).forEach(counts::fail);
    for (Talk.Turn turn : talk.turns()) {
      turn.answer().ifPresent(answer -> again(talk, turn, answer));
    }
    if (!exchange.records(talk.id()).records().equals(told.records())) {
      counts.fail(talk.id() + " has other records after its turns were repeated");
    }
  }

  private void again(Talk talk, Talk.Turn turn, String answer) {
    Reply reply = exchange.turn(talk.id(), turn, Integer.MAX_VALUE);
    if (reply.end() != Reply.End.FINISHED || !reply.replayed() || !reply.answer().equals(answer)) {
      counts.fail(
          "%s %s is not told again as it was: %s %s"
              .formatted(talk.id(), turn.id(), reply.end(), reply.detail()));
    }
  }
}
