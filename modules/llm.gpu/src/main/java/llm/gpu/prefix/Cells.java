package llm.gpu.prefix;

import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Counts the places of the pool that sequences hold together: one that several share counts once.
 * One thread.
 */
final class Cells {
  private final Map<Branch, Integer> ends = new IdentityHashMap<>();

  /**
   * Where a sequence's places come from: those from a position on are its own, those before are of
   * the branch it went off. A branch whose places are cut off grows no more, for others may still
   * share them: what comes instead is a branch of its own. So a chain of them has positions that
   * rise, and is no longer than the window.
   */
  static final class Branch {
    private final Branch parent; // null for the first
    private final int from;

    private Branch(Branch parent, int from) {
      this.parent = parent;
      this.from = from;
    }

    /** One that shares nothing. */
    static Branch first() {
      return new Branch(null, 0);
    }

    /** One that shares the first {@code count} places of this one. */
    Branch at(int count) {
      Branch shared = this;
      while (shared != null && shared.from >= count) {
        shared = shared.parent;
      }
      return new Branch(shared, shared == null ? 0 : count);
    }
  }

  /** Adds a sequence's first {@code count} places. */
  void add(Branch branch, int count) {
    int end = count;
    for (Branch at = branch; at != null; at = at.parent) {
      if (end > at.from) {
        ends.merge(at, end, Math::max);
      }
      end = Math.min(end, at.from);
    }
  }

  /** How many there are. */
  int count() {
    int count = 0;
    for (var branch : ends.entrySet()) {
      count += branch.getValue() - branch.getKey().from;
    }
    return count;
  }
}
