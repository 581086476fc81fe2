package llm.core.schema.grammar.automaton;

/**
 * An automaton would have more states than are made, or take too long to find; who asked for it
 * says where and why.
 */
public final class AutomatonTooLarge extends Exception {
  private static final long serialVersionUID = 1;

  AutomatonTooLarge() {
    this("more than " + Dfa.MOST_STATES + " states");
  }

  private AutomatonTooLarge(String most) {
    super(most);
  }

  static AutomatonTooLarge byEffort() {
    return new AutomatonTooLarge(
        "more than " + Effort.MOST + " steps; write it with fewer or shorter repetitions");
  }
}
