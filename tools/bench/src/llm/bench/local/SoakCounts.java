package llm.bench.local;

import java.util.ArrayList;
import java.util.List;

/** What the clients of a soak saw. Thread-safe. */
public final class SoakCounts {
  private static final int MAX_FAILURES = 10;

  private final List<String> failures = new ArrayList<>();
  private long done;
  private long left;
  private long refused;
  private long tokens;
  private long cached;

  /** An answer that ended as it should. */
  synchronized void add(Answer answer) {
    switch (answer.end()) {
      case LEFT -> left++;
      case REFUSED -> refused++;
      default -> done++;
    }
    tokens += answer.pieceNanos().length;
    cached += Math.max(0, answer.cachedTokens());
  }

  synchronized void fail(String what) {
    if (failures.size() < MAX_FAILURES) {
      failures.add(what);
    }
  }

  /** Whether anything was wrong. */
  public synchronized boolean failed() {
    return !failures.isEmpty();
  }

  /** What was wrong, the first of it. */
  public synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  /** The members of a JSON object. */
  public synchronized String json() {
    return "\"done\":%d,\"left\":%d,\"refused\":%d,\"tokens\":%d,\"cached_tokens\":%d"
        .formatted(done, left, refused, tokens, cached);
  }

  @Override
  public synchronized String toString() {
    return "%d done, %d left, %d refused, %d tokens".formatted(done, left, refused, tokens);
  }
}
