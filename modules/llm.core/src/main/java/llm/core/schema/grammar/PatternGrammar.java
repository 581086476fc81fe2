package llm.core.schema.grammar;

import java.util.Map;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.CharSet;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.automaton.Effort;
import llm.core.schema.grammar.automaton.Nfa;
import llm.core.schema.grammar.emit.AutomatonRules;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.RuleText;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.text.Pattern;
import llm.core.schema.grammar.text.PatternProblem;

/**
 * Makes grammars of regular expressions (ECMA-262, as far as they are regular). A text that a
 * grammar lets through is an expression as a whole, from its first character to its last.
 * Stateless.
 */
public final class PatternGrammar {
  private static final int MOST_SIZE = 100_000; // repetitions written out

  private PatternGrammar() {}

  /**
   * The grammar of a regular expression. Takes milliseconds; some hundred where it is large, for
   * what it may take is limited ({@link Effort}).
   *
   * @throws UnsupportedSchema at {@code $} when it cannot be read or is too large, when no text is
   *     of it, or when no grammar can hold it
   */
  public static Grammar of(String pattern) throws UnsupportedSchema {
    Dfa language = language(pattern);
    var rules = new Rules();
    rules.put("root", AutomatonRules.of(rules, language, PatternGrammar::written, "part", "$"));
    Map<String, Expr> pruned = rules.pruned();
    if (pruned.isEmpty()) {
      throw new UnsupportedSchema("$", "no text is of the pattern");
    }
    return new Grammar(RuleText.of(pruned));
  }

  private static Dfa language(String pattern) throws UnsupportedSchema {
    try {
      var regex = Pattern.read(pattern);
      if (regex.size() > MOST_SIZE) {
        throw new UnsupportedSchema("$", "the pattern takes more than " + MOST_SIZE + " states");
      }
      return Nfa.whole(regex);
    } catch (PatternProblem problem) {
      throw new UnsupportedSchema("$", problem.getMessage());
    } catch (AutomatonTooLarge tooLarge) {
      throw new UnsupportedSchema("$", "the pattern takes " + tooLarge.getMessage());
    }
  }

  private static Expr written(CharSet set) {
    boolean isOne = set.size() == 1;
    return isOne
        ? Expr.text(Character.toString(set.ranges().getFirst().first()))
        : new Expr.Chars(set);
  }
}
