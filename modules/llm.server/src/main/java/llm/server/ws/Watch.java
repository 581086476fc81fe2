package llm.server.ws;

import java.time.Duration;
import llm.core.concurrent.Alarms;
import llm.domain.call.Registration;

/**
 * The clock of one connection: pings a silent client, and says when the client must be given up
 * because it does not answer a ping, takes nothing, or does not end the closing handshake.
 *
 * <p>One alarm is set anew when it fires, so that reading and writing cost a look at the clock and
 * no alarm.
 */
final class Watch implements AutoCloseable {

  /** Why a connection is given up. */
  enum Verdict {
    /** A ping was not answered. */
    DEAD("dead_peer"),
    /** The client took none of what was sent. */
    STALLED("client_stalled"),
    /** The client did not answer the close frame. */
    UNANSWERED("close_unanswered");

    private final String word;

    Verdict(String word) {
      this.word = word;
    }

    /** How it stands in the log. */
    String word() {
      return word;
    }
  }

  /** What the watch asks its connection to do; runs on a thread of its own and may block. */
  interface Actions {
    /** Sends a ping, unless somebody is writing. */
    void ping();

    /** Closes the socket. */
    void giveUp(Verdict verdict);
  }

  private final Alarms alarms;
  private final WebSocketSettings settings;
  private final Actions actions;
  private final Object lock = new Object();
  private long heardNanos; // guarded by lock: when the client was last heard, or waited for anew
  private boolean listening; // guarded by lock: the connection waits for the client
  private boolean pinged; // guarded by lock: and not heard since
  private long pingedNanos; // guarded by lock
  private boolean writing; // guarded by lock
  private long writingNanos; // guarded by lock: since when
  private boolean closing; // guarded by lock
  private long closeByNanos; // guarded by lock
  private boolean over; // guarded by lock
  private Registration alarm = () -> {}; // guarded by lock

  Watch(Alarms alarms, WebSocketSettings settings, Actions actions) {
    this.alarms = alarms;
    this.settings = settings;
    this.actions = actions;
  }

  /** Begins to watch. */
  void start() {
    synchronized (lock) {
      long now = now();
      heardNanos = now;
      if (!closing) {
        set(now + shorter(settings.ping(), settings.send()));
      }
    }
  }

  /** Something came from the client. */
  void heard() {
    synchronized (lock) {
      heardNanos = now();
      pinged = false;
    }
  }

  /** From now on the client's silence counts, or not: a handler that works is not its fault. */
  void listening(boolean waits) {
    synchronized (lock) {
      listening = waits;
      heardNanos = now();
      pinged = false;
    }
  }

  void writeBegins() {
    synchronized (lock) {
      writing = true;
      writingNanos = now();
    }
  }

  void writeEnds() {
    synchronized (lock) {
      writing = false;
    }
  }

  /** The connection must end within {@code limit}; the first limit counts. */
  void closeWithin(Duration limit) {
    synchronized (lock) {
      if (!closing) {
        closing = true;
        closeByNanos = now() + limit.toNanos();
        set(closeByNanos);
      }
    }
  }

  /** Ends the watch. */
  @Override
  public void close() {
    synchronized (lock) {
      over = true;
      alarm.close();
    }
  }

  /** Sets the alarm; the caller holds the lock. */
  private void set(long atNanos) {
    alarm.close();
    if (!over) {
      alarm = alarms.at(atNanos, () -> Thread.startVirtualThread(this::check));
    }
  }

  private void check() {
    boolean pings = false;
    Verdict verdict;
    synchronized (lock) {
      long now = now();
      if (over) {
        return;
      }
      verdict = verdict(now);
      if (verdict == null) {
        pings = mustPing(now);
        pinged |= pings;
        pingedNanos = pings ? now : pingedNanos;
        set(next(now));
      }
    }
    if (verdict != null) {
      actions.giveUp(verdict);
    } else if (pings) {
      actions.ping();
    }
  }

  /** Why the client must be given up; null when it need not. The caller holds the lock. */
  private Verdict verdict(long now) {
    if (closing && now - closeByNanos >= 0) {
      return Verdict.UNANSWERED;
    }
    if (writing && now - writingNanos >= settings.send().toNanos()) {
      return Verdict.STALLED;
    }
    boolean silent = listening && !closing && pinged;
    return silent && now - pingedNanos >= settings.pong().toNanos() ? Verdict.DEAD : null;
  }

  private boolean mustPing(long now) {
    return listening && !closing && !pinged && now - heardNanos >= settings.ping().toNanos();
  }

  /** When to look again. A write that begins later is younger than the send time then. */
  private long next(long now) {
    long next = settings.send().toNanos();
    if (writing) {
      next = Math.min(next, writingNanos + settings.send().toNanos() - now);
    }
    if (closing) {
      return now + Math.min(next, closeByNanos - now);
    }
    long silence =
        pinged
            ? pingedNanos + settings.pong().toNanos() - now
            : heardNanos + settings.ping().toNanos() - now;
    boolean due = listening && silence > 0;
    return now + Math.min(next, due ? silence : settings.ping().toNanos());
  }

  private static long shorter(Duration one, Duration other) {
    return Math.min(one.toNanos(), other.toNanos());
  }

  private long now() {
    return alarms.time().nanoTime();
  }
}
