package llm.core.schema.grammar.emit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.CharSet;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;

/**
 * An automaton as rules: at most one for each state, and none for what only one state leads to, as
 * long as that is not long. A text has one way through them.
 */
public final class AutomatonRules {
  private static final int MOST_NESTED = 12;
  private static final int MOST_RANGES = 3;

  /** States that one rule goes through; each is a call, which a thread's stack holds. */
  private static final int MOST_LINKS = 200;

  private final Rules rules;
  private final Dfa dfa;
  private final Function<CharSet, Expr> writing;
  private final String name;
  private final String path;
  private final int[] entries;
  private final Map<CharSet, Expr> sets = new HashMap<>();
  private final Map<Integer, String> named = new LinkedHashMap<>();
  private final List<Integer> waiting = new ArrayList<>();

  private AutomatonRules(
      Rules rules, Dfa dfa, Function<CharSet, Expr> writing, String name, String path) {
    this.rules = rules;
    this.dfa = dfa;
    this.writing = writing;
    this.name = name;
    this.path = path;
    this.entries = new int[dfa.states()];
    for (int state = 0; state < entries.length; state++) {
      for (int target : targets(state).keySet()) {
        entries[target] += target == state ? 0 : 1;
      }
    }
    entries[0]++;
  }

  /**
   * What the automaton lets in.
   *
   * @param writing how a set of characters is written in the text
   * @param name of the rules
   * @param path to blame when there are too many
   */
  public static Expr of(
      Rules rules, Dfa dfa, Function<CharSet, Expr> writing, String name, String path)
      throws UnsupportedSchema {
    return dfa.isEmpty() ? Expr.NOTHING : new AutomatonRules(rules, dfa, writing, name, path).all();
  }

  private Expr all() throws UnsupportedSchema {
    Expr start = entries[0] > 1 ? reference(0) : state(0, 0, 0);
    for (int i = 0; i < waiting.size(); i++) {
      int state = waiting.get(i);
      rules.put(named.get(state), state(state, 0, 0));
    }
    return start;
  }

  private Map<Integer, CharSet> targets(int state) {
    var targets = new LinkedHashMap<Integer, CharSet>();
    for (Dfa.Edge edge : dfa.edges(state)) {
      targets.merge(edge.target(), CharSet.of(edge.first(), edge.last()), CharSet::or);
    }
    return targets;
  }

  private Expr state(int state, int depth, int links) throws UnsupportedSchema {
    var choices = new ArrayList<Expr>();
    Expr loop = Expr.EMPTY;
    for (Map.Entry<Integer, CharSet> edge : targets(state).entrySet()) {
      Expr written = written(edge.getValue());
      if (edge.getKey() == state) {
        loop = Expr.star(written);
      } else if (!written.equals(Expr.NOTHING)) {
        choices.add(Expr.seq(written, target(edge.getKey(), depth, links)));
      }
    }
    if (dfa.ends(state)) {
      choices.add(Expr.EMPTY);
    }
    return choices.isEmpty() ? Expr.NOTHING : Expr.seq(loop, Expr.alt(choices));
  }

  /** A set of characters; a rule of its own where it is long. */
  private Expr written(CharSet set) throws UnsupportedSchema {
    Expr written = sets.get(set);
    if (written == null) {
      written = writing.apply(set);
      boolean isLong =
          set.ranges().size() > MOST_RANGES
              || written instanceof Expr.Alt(List<Expr> choices) && choices.size() > 1;
      if (isLong && dfa.states() > MOST_NESTED) {
        written = rules.shared(written, "chars", path);
      }
      sets.put(set, written);
    }
    return written;
  }

  private Expr target(int state, int depth, int links) throws UnsupportedSchema {
    if (dfa.edges(state).isEmpty()) {
      return Expr.EMPTY;
    }
    boolean inline = entries[state] == 1 && depth < MOST_NESTED && links < MOST_LINKS;
    if (inline) {
      boolean chain = dfa.edges(state).size() == 1 && !dfa.ends(state);
      return state(state, chain ? depth : depth + 1, links + 1);
    }
    return reference(state);
  }

  private Expr reference(int state) throws UnsupportedSchema {
    String known = named.get(state);
    if (known == null) {
      known = rules.name(name, path);
      named.put(state, known);
      waiting.add(state);
    }
    return new Expr.Ref(known);
  }
}
