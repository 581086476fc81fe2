package llm.core.resilience;

import java.time.Duration;
import llm.domain.port.TimeSource;

/**
 * Keeps requests from what has failed several times in a row, and lets a few try later how it is.
 *
 * <ol>
 *   <li>Closed: everybody is let through. So many failures in a row open it.
 *   <li>Open: nobody is, until its time is over.
 *   <li>Half open: a few at once are. The first one that fares well closes it, one that fails opens
 *       it again. One that says nothing of the kind gives its place to another.
 * </ol>
 *
 * <p>Who was let through in one state says nothing of another one. Thread-safe; closed, nothing is
 * locked but at failures.
 */
public final class Breaker {
  /** The ticket of one who is not let through. */
  public static final long REFUSED = -1;

  /** How it stands. */
  public enum State {
    CLOSED,
    HALF_OPEN,
    OPEN
  }

  private static final Duration LONGEST_REST = Duration.ofHours(1);

  private final TimeSource time;
  private final Runnable changed;
  private volatile State state = State.CLOSED; // written under this
  private volatile long era; // counts the states; written under this
  private volatile int failures; // in a row; written under this
  private long openUntil; // guarded by this
  private int trials; // under way; guarded by this
  private volatile Rest rest; // null: it was never asked for; written under this

  /** Until when somebody is asked to stay away, beside what failures say. */
  private record Rest(long untilNanos) {}

  /**
   * A closed one.
   *
   * @param changed runs after each change of state, on the thread that caused it
   */
  public Breaker(TimeSource time, Runnable changed) {
    this.time = time;
    this.changed = changed;
  }

  /** A ticket, which is to come back by one of the other methods, or {@link #REFUSED}. */
  public long enter(BreakerSettings settings) {
    if (state == State.CLOSED) {
      return era;
    }
    boolean opened = false;
    long ticket;
    synchronized (this) {
      if (state == State.OPEN && time.nanoTime() - openUntil >= 0) {
        become(State.HALF_OPEN);
        opened = true;
      }
      if (state == State.HALF_OPEN && trials >= settings.trials() || state == State.OPEN) {
        ticket = REFUSED;
      } else {
        trials += state == State.HALF_OPEN ? 1 : 0;
        ticket = era;
      }
    }
    if (opened) {
      changed.run();
    }
    return ticket;
  }

  /** The ticket of one who came before there was this breaker: it counts only while closed. */
  synchronized long ticket() {
    return state == State.CLOSED ? era : REFUSED;
  }

  /** It wants to be left alone for so long, an hour at most; it is asked where nobody else is. */
  synchronized void rest(Duration wanted) {
    Duration held = wanted.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : wanted;
    long until = time.nanoTime() + held.toNanos();
    if (rest == null || until - rest.untilNanos() > 0) {
      rest = new Rest(until);
    }
  }

  /** Whether that time is not over yet. */
  boolean isResting() {
    Rest now = rest;
    return now != null && now.untilNanos() - time.nanoTime() > 0;
  }

  /** It begins well: enough for a trial, though the end is still to come. */
  public void began(long ticket) {
    if (state == State.HALF_OPEN) {
      succeeded(ticket);
    }
  }

  /** It went well. */
  public void succeeded(long ticket) {
    if (failures == 0 && state == State.CLOSED) {
      return;
    }
    boolean closes = false;
    synchronized (this) {
      if (ticket == era) {
        failures = 0;
        closes = state == State.HALF_OPEN;
        if (closes) {
          become(State.CLOSED);
        }
      }
    }
    if (closes) {
      changed.run();
    }
  }

  /** It failed. */
  public void failed(long ticket, BreakerSettings settings) {
    boolean opens = false;
    synchronized (this) {
      if (ticket == era && state != State.OPEN) {
        int inARow = failures + 1;
        failures = inARow;
        opens = state == State.HALF_OPEN || inARow >= settings.failures();
        if (opens) {
          openUntil = time.nanoTime() + settings.open().toNanos();
          become(State.OPEN);
        }
      }
    }
    if (opens) {
      changed.run();
    }
  }

  /** It ended in a way that says nothing: nobody was asked, or the caller left. */
  public void abandoned(long ticket) {
    if (state != State.HALF_OPEN) {
      return;
    }
    synchronized (this) {
      if (ticket == era && state == State.HALF_OPEN) {
        trials--;
      }
    }
  }

  /** How it stands. Open one whose time is over is half open, though nobody tried yet. */
  public State state() {
    State now = state;
    return now == State.OPEN && untilTrial().isZero() ? State.HALF_OPEN : now;
  }

  /** Failures in a row so far. */
  public int failures() {
    return failures;
  }

  /** How long nobody is let through; zero when somebody may be. */
  public synchronized Duration untilTrial() {
    return state == State.OPEN
        ? Duration.ofNanos(Math.max(0, openUntil - time.nanoTime()))
        : Duration.ZERO;
  }

  private void become(State next) {
    state = next;
    era = era + 1;
    trials = 0;
    failures = next == State.CLOSED ? 0 : failures;
  }
}
