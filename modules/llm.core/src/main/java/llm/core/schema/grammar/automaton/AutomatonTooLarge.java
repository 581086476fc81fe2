package llm.core.schema.grammar.automaton;

/** An automaton would have more states than are made; who asked for it says where and why. */
public final class AutomatonTooLarge extends Exception {
  private static final long serialVersionUID = 1;

  AutomatonTooLarge() {
    super("more than " + Dfa.MOST_STATES + " states");
  }
}
