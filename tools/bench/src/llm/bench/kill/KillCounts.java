package llm.bench.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** What clients and rounds saw. Thread-safe. */
public final class KillCounts {
  private static final int MAX_FAILURES = 10;

  private final List<String> failures = new ArrayList<>(); // guarded by itself
  final AtomicLong conversations = new AtomicLong();
  final AtomicLong ended = new AtomicLong();
  final AtomicLong deleted = new AtomicLong();
  final AtomicLong turns = new AtomicLong();
  final AtomicLong durable = new AtomicLong();
  final AtomicLong undurable = new AtomicLong();
  final AtomicLong cut = new AtomicLong();
  final AtomicLong left = new AtomicLong();
  final AtomicLong refused = new AtomicLong();
  final AtomicLong repeated = new AtomicLong();
  final AtomicLong replayed = new AtomicLong();
  final AtomicLong records = new AtomicLong();
  final AtomicLong handovers = new AtomicLong();

  /** Tells of something that must not be; the first ten count. */
  public void fail(String what) {
    synchronized (failures) {
      if (failures.size() < MAX_FAILURES) {
        failures.add(what);
      }
    }
  }

  /** What must not have been. */
  public List<String> failures() {
    synchronized (failures) {
      return List.copyOf(failures);
    }
  }

  /** Whether anything was wrong. */
  public boolean failed() {
    return !failures().isEmpty();
  }

  /** Conversations that are talked in. */
  public long openTalks() {
    return conversations.get() - ended.get();
  }

  /** Turns that were said to survive. */
  public long durableTurns() {
    return durable.get();
  }

  /** Turns that were said to be in memory alone. */
  public long undurableTurns() {
    return undurable.get();
  }

  /** The members of a JSON object. */
  public String json() {
    return ("\"conversations\":%s,\"deleted\":%s,\"turns\":%s,\"not_durable\":%s,\"cut\":%s,\"left\":%s,"
            + "\"refused\":%s,\"repeated\":%s,\"replayed\":%s,\"records\":%s,"
            + "\"handovers\":%s")
        .formatted(
            conversations,
            deleted,
            turns,
            undurable,
            cut,
            left,
            refused,
            repeated,
            replayed,
            records,
            handovers);
  }

  @Override
  public String toString() {
    return "%s conversations, %s turns, %s cut, %s refused, %s replayed"
        .formatted(conversations, turns, cut, refused, replayed);
  }
}
