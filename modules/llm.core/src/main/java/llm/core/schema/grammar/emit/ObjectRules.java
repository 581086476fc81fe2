package llm.core.schema.grammar.emit;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.automaton.Nfa;
import llm.core.schema.grammar.automaton.Regex;
import llm.core.schema.grammar.emit.OrderedList.Item;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.ObjectSet.NameClass;

/**
 * Objects as rules: members in the order of the schema, then those of names that it does not
 * declare, where it speaks about them.
 */
final class ObjectRules {
  private static final Expr COLON = Expr.seq(Expr.text(":"), Expr.SPACE);

  private static final int MOST_FEW = 64;

  private final Rules rules;
  private final ValueRules values;
  private final AnyRules any;

  ObjectRules(Rules rules, ValueRules values, AnyRules any) {
    this.rules = rules;
    this.values = values;
    this.any = any;
  }

  Expr of(ObjectSet set, String name) throws UnsupportedSchema {
    if (set.min() > set.max()) {
      return Expr.NOTHING;
    }
    Set<String> names = new LinkedHashSet<>(set.named().keySet());
    names.addAll(set.required());
    boolean open = writesOthers(set, names);
    if (open) {
      names.addAll(few(set, names));
    }
    var items = new ArrayList<Item>();
    for (String each : names) {
      Expr value = values.of(set.at(each), each);
      boolean required = set.required().contains(each);
      if (required || !value.equals(Expr.NOTHING)) {
        Expr member = Expr.seq(TextRules.quoted(each), COLON, value);
        items.add(new Item(member, required));
      }
    }
    Optional<Expr> others = Optional.of(open ? others(set, names, name) : Expr.NOTHING);
    others = others.filter(expr -> !expr.equals(Expr.NOTHING));
    if (set.min() > items.size() + 1 && others.isPresent()) {
      throw new UnsupportedSchema(
          set.path(),
          "that many names that are not declared cannot be held apart from one another; declare"
              + " them under properties");
    }
    Expr inside = OrderedList.of(rules, items, others, set.min(), set.max(), name, set.path());
    return Expr.seq(Expr.text("{"), inside, Expr.text("}"));
  }

  /** The names of classes that have only few: each can be written once, as declared ones are. */
  private static Set<String> few(ObjectSet set, Set<String> declared) {
    var few = new LinkedHashSet<String>();
    for (NameClass each : set.others()) {
      if (!each.demand().equals(Demand.NONE)) {
        each.names().flatMap(names -> names.words(MOST_FEW)).ifPresent(few::addAll);
      }
    }
    few.removeAll(declared);
    return few;
  }

  /** Whether other names are written: where the schema speaks about them, or has none itself. */
  private static boolean writesOthers(ObjectSet set, Set<String> names) {
    long declared = names.stream().filter(name -> !set.at(name).equals(Demand.NONE)).count();
    return set.marks().open() || declared == 0 || set.min() > declared;
  }

  private Expr others(ObjectSet set, Set<String> declared, String name) throws UnsupportedSchema {
    var choices = new ArrayList<Expr>();
    for (NameClass each : set.others()) {
      if (each.demand().equals(Demand.NONE)) {
        continue;
      }
      Expr value = values.of(each.demand(), name + "-value");
      boolean few = each.names().flatMap(names -> names.words(MOST_FEW)).isPresent();
      if (!few && !value.equals(Expr.NOTHING)) {
        choices.add(Expr.seq(names(each, declared, set.path(), name), COLON, value));
      }
    }
    return Expr.alt(choices);
  }

  private Expr names(NameClass names, Set<String> declared, String path, String name)
      throws UnsupportedSchema {
    if (names.names().isEmpty() && declared.isEmpty()) {
      return any.name();
    }
    try {
      var plain = new Regex.Chars(names.names().isEmpty() ? TextRules.PLAIN : TextRules.CERTAIN);
      Dfa language = names.names().orElse(Dfa.ALL).without(Dfa.ofWords(declared));
      int min = names.names().isEmpty() ? 1 : 0;
      language = language.and(Nfa.whole(new Regex.Repeat(plain, min, Regex.UNBOUNDED)));
      Expr inside = AutomatonRules.of(rules, language, TextRules::escaped, name + "-name", path);
      Expr quoted = Expr.seq(Expr.text("\""), inside, Expr.text("\""));
      return rules.shared(quoted, name + "-name", path);
    } catch (AutomatonTooLarge tooLarge) {
      throw new UnsupportedSchema(path, "its names take " + tooLarge.getMessage());
    }
  }
}
