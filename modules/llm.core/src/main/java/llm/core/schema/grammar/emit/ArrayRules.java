package llm.core.schema.grammar.emit;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.emit.OrderedList.Item;
import llm.core.schema.grammar.read.SetReader;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.set.ArraySet;
import llm.core.schema.grammar.set.Demand;

/** Arrays as rules. */
final class ArrayRules {
  private static final Expr COMMA = OrderedList.COMMA;
  private static final int MOST_UNIQUE = 64;
  private static final int MOST_PLACES = 16;
  private static final int MOST_COUNTED = 32;
  private static final int MOST_NESTED = 6;

  private final Rules rules;
  private final SetReader reader;
  private final ValueRules values;

  ArrayRules(Rules rules, SetReader reader, ValueRules values) {
    this.rules = rules;
    this.reader = reader;
    this.values = values;
  }

  Expr of(ArraySet asked, String name) throws UnsupportedSchema {
    ArraySet set = closed(asked);
    if (set.min() > set.max()) {
      return Expr.NOTHING;
    }
    Expr inside;
    if (set.unique() && set.max() > 1 && !differsByPlace(set)) {
      inside = unique(set, name);
    } else if (set.contains().isEmpty()) {
      inside = plain(set, name);
    } else {
      inside = containing(set, name);
    }
    return Expr.seq(Expr.text("["), inside, Expr.text("]"));
  }

  /** The same, which ends with its places when nothing fits behind them. */
  private ArraySet closed(ArraySet set) throws UnsupportedSchema {
    int places = set.prefix().size();
    return set.max() > places && reader.isEmpty(set.rest(), set.path())
        ? new ArraySet(
            set.prefix(), set.rest(), set.min(), places, set.unique(), set.contains(), set.path())
        : set;
  }

  private Expr plain(ArraySet set, String name) throws UnsupportedSchema {
    int places = Math.min(set.prefix().size(), set.max());
    Expr after = Expr.EMPTY;
    if (set.max() > places) {
      Expr rest = values.of(set.rest(), name + "-item");
      int min = Math.max(0, set.min() - places);
      int max = left(set.max(), places);
      if (places == 0) {
        return run(rest, min, max, set.path());
      }
      after = rules.repeat(Expr.seq(COMMA, rest), min, max, set.path());
    }
    for (int i = places - 1; i >= 0; i--) {
      Expr own = values.of(set.prefix().get(i), name + "-item");
      Expr from = Expr.seq(i == 0 ? Expr.EMPTY : COMMA, own, after);
      after = i < set.min() ? from : Expr.optional(from);
      if (i > 0 && i % MOST_NESTED == 0) {
        after = rules.put(rules.name(name + "-rest", set.path()), after);
      }
    }
    return after;
  }

  private static int left(int max, int used) {
    return max == ArraySet.UNBOUNDED ? max : max - used;
  }

  /** Elements of one kind and nothing else. */
  private Expr run(Expr each, int min, int max, String path) throws UnsupportedSchema {
    if (max == 0) {
      return Expr.EMPTY;
    }
    Expr more = rules.repeat(Expr.seq(COMMA, each), Math.max(0, min - 1), left(max, 1), path);
    Expr list = Expr.seq(each, more);
    return min == 0 ? Expr.optional(list) : list;
  }

  /**
   * Elements that have to be there are put behind those with a place of their own and in front of
   * all others, so that it is known where they are.
   */
  private Expr containing(ArraySet set, String name) throws UnsupportedSchema {
    ArraySet.Contains contains = set.contains().getFirst();
    if (set.contains().size() > 1) {
      throw new UnsupportedSchema(
          set.contains().get(1).path(), "only one contains can be held in an array");
    }
    Demand hit = contains.demand();
    boolean all = set.prefix().isEmpty() && set.rest().includes(hit);
    if (all) {
      int min = Math.max(set.min(), contains.min());
      int max = Math.min(set.max(), contains.max());
      return min > max
          ? Expr.NOTHING
          : run(values.of(set.rest(), name + "-item"), min, max, contains.path());
    }
    if (contains.max() == ArraySet.UNBOUNDED) {
      Expr rest = values.of(set.rest(), name + "-item");
      return counted(set, set.prefix(), contains.min(), rest, name);
    }
    if (hit.parts().size() != 1 || contains.max() - contains.min() > MOST_COUNTED) {
      throw new UnsupportedSchema(contains.path(), "so many elements cannot be told from others");
    }
    Demand miss = Demand.not(hit.parts().iterator().next().node());
    List<Demand> prefix = set.prefix().stream().map(each -> each.and(miss)).toList();
    Expr rest = values.of(set.rest().and(miss), name + "-other");
    var choices = new ArrayList<Expr>();
    for (int count = contains.min(); count <= contains.max(); count++) {
      choices.add(counted(set, prefix, count, rest, name));
    }
    return Expr.alt(choices);
  }

  /** All places, then so many that have to be there, then the rest. */
  private Expr counted(ArraySet set, List<Demand> prefix, int count, Expr rest, String name)
      throws UnsupportedSchema {
    ArraySet.Contains contains = set.contains().getFirst();
    long fixed = (long) prefix.size() + count;
    if (fixed > set.max()) {
      return Expr.NOTHING;
    }
    int min = (int) Math.max(0, set.min() - fixed);
    int max = left(set.max(), (int) fixed);
    if (fixed == 0) {
      return run(rest, min, max, set.path());
    }
    Expr all = Expr.EMPTY;
    for (int i = 0; i < prefix.size(); i++) {
      all = Expr.seq(all, i == 0 ? Expr.EMPTY : COMMA, values.of(prefix.get(i), name + "-item"));
    }
    if (count > 0) {
      Expr hit = values.of(set.rest().and(contains.demand()), name + "-hit");
      Expr first = prefix.isEmpty() ? hit : Expr.seq(COMMA, hit);
      int more = count - 1;
      all = Expr.seq(all, first, rules.repeat(Expr.seq(COMMA, hit), more, more, contains.path()));
    }
    return Expr.seq(all, rules.repeat(Expr.seq(COMMA, rest), min, max, set.path()));
  }

  /** Whether no two elements can be equal, as none fits the place of another. */
  private boolean differsByPlace(ArraySet set) throws UnsupportedSchema {
    if (set.max() > set.prefix().size() || set.max() > MOST_PLACES || !set.contains().isEmpty()) {
      return false;
    }
    for (int i = 0; i < set.max(); i++) {
      for (int j = 0; j < i; j++) {
        if (!reader.isEmpty(set.at(i).and(set.at(j)), set.path())) {
          return false;
        }
      }
    }
    return true;
  }

  /** Some of the values that an element may have, in their order. */
  private Expr unique(ArraySet set, String name) throws UnsupportedSchema {
    Optional<List<Expr>> all =
        set.prefix().isEmpty() && set.contains().isEmpty()
            ? Constants.of(reader.of(set.rest()), MOST_UNIQUE)
            : Optional.empty();
    if (all.isEmpty()) {
      throw new UnsupportedSchema(
          set.path(),
          "that no two elements are equal is certain only for items of an enum of strings, numbers"
              + " and the like, up to "
              + MOST_UNIQUE);
    }
    List<Item> items = all.get().stream().map(each -> new Item(each, false)).toList();
    return OrderedList.of(rules, items, Optional.empty(), set.min(), set.max(), name, set.path());
  }
}
