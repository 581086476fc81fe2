package llm.core.schema.grammar.emit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.read.SetReader;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.set.ArraySet;
import llm.core.schema.grammar.set.Demand;
import llm.core.schema.grammar.set.ObjectSet;
import llm.core.schema.grammar.set.ValueSet;

/**
 * Values as rules: one rule for each demand that has arrays or objects, which are made one after
 * the other, however deep or circular the schema is. Not thread-safe.
 */
public final class ValueRules {
  private record Waiting(String rule, ValueSet set) {}

  private final Rules rules;
  private final SetReader reader;
  private final TextRules texts;
  private final NumberRules numbers;
  private final AnyRules any;
  private final ArrayRules arrays;
  private final ObjectRules objects;
  private final Map<Demand, Expr> known = new HashMap<>();
  private final Map<ValueSet, Expr> knownSets = new HashMap<>();
  private final List<Waiting> waiting = new ArrayList<>();

  /** Rules of the schemas that a reader reads. */
  public ValueRules(Rules rules, SetReader reader) {
    this.rules = rules;
    this.reader = reader;
    this.texts = new TextRules(rules);
    this.numbers = new NumberRules(rules);
    this.any = new AnyRules(rules, texts, numbers);
    this.arrays = new ArrayRules(rules, reader, this);
    this.objects = new ObjectRules(rules, this, any);
  }

  /** Makes the rule {@code root} of what fits a demand, and all that it needs. */
  public void root(Demand demand) throws UnsupportedSchema {
    rules.put("root", Expr.NOTHING);
    rules.put("root", of(demand, "json"));
    for (int i = 0; i < waiting.size(); i++) {
      Waiting next = waiting.get(i);
      rules.put(next.rule, value(next.set, next.rule));
    }
  }

  /** Makes the rule {@code root} of any object. */
  public void anyObject() throws UnsupportedSchema {
    rules.put("root", any.object());
  }

  /**
   * What fits a demand.
   *
   * @param name for the rule, when there is to be one
   */
  Expr of(Demand demand, String name) throws UnsupportedSchema {
    Expr expr = known.get(demand);
    if (expr != null) {
      return expr;
    }
    ValueSet set = reader.of(demand);
    if (set.equals(ValueSet.ANY)) {
      expr = any.value();
    } else if (set.isNone()) {
      expr = Expr.NOTHING;
    } else if (set.isScalar() && isShort(set)) {
      expr = value(set, name);
    } else {
      expr = rule(set, name, demand.path());
    }
    known.put(demand, expr);
    return expr;
  }

  private Expr rule(ValueSet set, String name, String path) throws UnsupportedSchema {
    ValueSet key = set.unlocated();
    Expr same = knownSets.get(key);
    if (same == null) {
      String rule = rules.name(name, path);
      waiting.add(new Waiting(rule, set));
      same = new Expr.Ref(rule);
      knownSets.put(key, same);
    }
    return same;
  }

  private static boolean isShort(ValueSet set) {
    return set.numbers().isEmpty() && set.strings().isEmpty()
        || set.numbers().stream().allMatch(each -> each.isAny())
            && set.strings().stream().allMatch(each -> each.isAny());
  }

  private Expr value(ValueSet set, String name) throws UnsupportedSchema {
    var choices = new ArrayList<Expr>();
    for (ObjectSet each : set.objects()) {
      ValueSet alone = ValueSet.NONE.withObjects(List.of(each));
      if (each.isAny()) {
        choices.add(any.object());
      } else {
        choices.add(set.equals(alone) ? objects.of(each, name) : rule(alone, name, each.path()));
      }
    }
    for (ArraySet each : set.arrays()) {
      choices.add(each.isAny() ? any.array() : arrays.of(each, name));
    }
    if (!set.strings().isEmpty()) {
      choices.add(texts.of(set.strings(), name));
    }
    if (!set.numbers().isEmpty()) {
      choices.add(numbers.of(set.numbers(), name));
    }
    set.flags().stream().sorted().forEach(flag -> choices.add(Expr.text(flag.toString())));
    if (set.nulls()) {
      choices.add(Expr.text("null"));
    }
    choices.removeIf(Expr.NOTHING::equals);
    return Expr.alt(choices);
  }
}
