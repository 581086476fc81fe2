package llm.gpu.draft;

/**
 * Sizes of steps that are tried so that it is known what they cost: powers of two. The cost of a
 * token goes up and down with the size, since kernels multiply in tiles of so many: eight tokens
 * may take less time than five. One thread.
 */
final class Trials {
  /** A size that would take longer than this is not tried: others may come meanwhile. */
  private static final double LONGEST_NANOS = 2e9;

  private final StepCosts costs;
  private int turn = 1;

  Trials(StepCosts costs) {
    this.costs = costs;
  }

  /**
   * The smallest that is not known yet, 0 for none.
   *
   * @param answers tokens of a step without drafts
   * @param most tokens of any step
   */
  int unknown(int answers, int most) {
    int size = 2;
    while (size <= most && (size <= answers || costs.isKnown(size))) {
      size *= 2;
    }
    return size <= most && isQuick(size) ? size : 0;
  }

  /** One after the other; 0 for none. */
  int next(int answers, int most) {
    turn = 2 * turn > most ? 2 : 2 * turn;
    while (turn <= answers) {
      turn *= 2;
    }
    return turn <= most && isQuick(turn) ? turn : 0;
  }

  private boolean isQuick(int size) {
    return 2 * costs.nanos(size / 2) <= LONGEST_NANOS;
  }
}
