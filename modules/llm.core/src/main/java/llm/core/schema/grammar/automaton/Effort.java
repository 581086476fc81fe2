package llm.core.schema.grammar.automaton;

/**
 * How much may be done to make automatons of expressions, all that share it together: states of
 * expressions that are looked at, each as often as it is. The most of it takes about a tenth of a
 * second of a processor. Not thread-safe.
 */
public final class Effort {
  /** The states that may be looked at. */
  public static final long MOST = 3_000_000;

  private long spent;

  /** So many states were looked at. */
  void add(int states) throws AutomatonTooLarge {
    spent += states;
    if (spent > MOST) {
      throw AutomatonTooLarge.byEffort();
    }
  }
}
