package llm.gpu.draft;

/**
 * What trying out drafts may cost, in plain steps: a small part of all that is computed, so that
 * answers whose drafts never pay are not noticeably slower for it. What drafts bring comes in, up
 * to a limit; what they cost more than they bring goes out, if need be below nothing. One thread.
 */
final class Purse {
  /** Of the time of every step: what may be spent in the long run. */
  static final double INCOME = 0.005;

  /** At the start, when nothing is known of what steps cost. */
  static final double FIRST = 8;

  /** More is not saved up: it would be spent at once when drafts no longer pay. */
  static final double MOST = 16;

  private double steps = FIRST;

  /** A step that takes so many plain ones. */
  void earn(double cost) {
    settle(INCOME * cost);
  }

  /** Drafts have brought so much, or cost it where that is below 0. */
  void settle(double gain) {
    steps = Math.min(MOST, steps + gain);
  }

  /**
   * Whether something may be tried that is expected to cost so much more than it brings. When no
   * more can be saved up, anything may: what is supposed of costs is wrong at times, and only
   * trying shows it.
   */
  boolean affords(double loss) {
    return loss <= 0 || loss <= steps || steps >= MOST;
  }

  /** Whether more went out than came in. */
  boolean isEmpty() {
    return steps < 0;
  }
}
