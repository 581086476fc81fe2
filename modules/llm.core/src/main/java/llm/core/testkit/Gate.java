package llm.core.testkit;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A point that one side reaches and the other lets it pass, in place of a sleep. A gate opens once
 * and stays open. Thread-safe.
 */
public final class Gate {
  private static final long PATIENCE_SECONDS = 20;

  private final CountDownLatch reached = new CountDownLatch(1);
  private final CountDownLatch opened = new CountDownLatch(1);

  /** A closed gate. */
  public Gate() {}

  /** Lets whoever waits here pass, now and later. */
  public void open() {
    opened.countDown();
  }

  /** Waits until someone stands at the gate; fails the test after 20 s. */
  public void awaitReached() {
    await(reached, "nobody reached the gate");
  }

  /** Says that this side is here and waits until the gate is open; fails after 20 s. */
  public void pass() {
    reached.countDown();
    await(opened, "nobody opened the gate");
  }

  private static void await(CountDownLatch latch, String otherwise) {
    try {
      if (!latch.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError(otherwise + " within " + PATIENCE_SECONDS + " s");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new AssertionError(otherwise + ": interrupted");
    }
  }
}
