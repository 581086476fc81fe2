package llm.gpu.draft;

/**
 * Chances to draft that were let pass because it does not seem to pay. Every so often one is taken
 * all the same, so that what has changed is seen; the more seldom, the longer it did not. One
 * thread.
 */
final class Probes {
  static final int FIRST = 8;
  static final int LAST = 256;

  private int passed;
  private int every = FIRST;

  /** Another chance that does not seem to pay: whether it is one to take. */
  boolean isDue() {
    return ++passed >= every;
  }

  /** It is taken. */
  void take() {
    passed = 0;
    every = Math.min(LAST, 2 * every);
  }

  /** It seems to pay. */
  void pays() {
    passed = 0;
    every = FIRST;
  }
}
