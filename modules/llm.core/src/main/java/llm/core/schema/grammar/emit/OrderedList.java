package llm.core.schema.grammar.emit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;

/**
 * What stands between commas, each at most once and in a fixed order, and behind it others as often
 * as they like. The rules grow with the number of items, or with that times the counts to keep;
 * never with the number of choices.
 */
final class OrderedList {
  /** What elements and members have between them. */
  static final Expr COMMA = Expr.seq(Expr.text(","), Expr.SPACE);

  private static final int MOST_PLACES = 3_000;

  /** Something that is there once, or at most once. */
  record Item(Expr expr, boolean required) {}

  private record Place(int index, int count) {}

  private final Rules rules;
  private final List<Item> items;
  private final Optional<Expr> others;
  private final int min;
  private final int max;
  private final String name;
  private final String path;
  private final Map<Place, Expr> places = new HashMap<>();

  private OrderedList(
      Rules rules,
      List<Item> items,
      Optional<Expr> others,
      int min,
      int max,
      String name,
      String path) {
    this.rules = rules;
    this.items = items;
    this.others = others;
    this.min = min;
    this.max = max;
    this.name = name;
    this.path = path;
  }

  /**
   * The list without its brackets.
   *
   * @param others what may follow the items
   * @param min of items and others together
   * @param max likewise; {@link Expr#UNBOUNDED}: any number
   */
  static Expr of(
      Rules rules,
      List<Item> items,
      Optional<Expr> others,
      int min,
      int max,
      String name,
      String path)
      throws UnsupportedSchema {
    var list = new OrderedList(rules, items, others, min, max, name, path);
    long required = items.stream().filter(Item::required).count();
    boolean uncounted =
        min <= required && (max == Expr.UNBOUNDED || others.isEmpty() && max >= items.size());
    if (uncounted) {
      return required > 0 ? list.aroundTheFirst() : list.places();
    }
    int counts = max == Expr.UNBOUNDED ? min : Math.min(max, items.size());
    if ((long) items.size() * (Math.min(counts, items.size()) + 1) > MOST_PLACES) {
      throw new UnsupportedSchema(
          path, "so many optional members or values cannot be counted; drop the bound");
    }
    return list.counted(0, 0);
  }

  /** Before the first that must be there each brings the comma behind it, later the one before. */
  private Expr aroundTheFirst() {
    Expr all = Expr.EMPTY;
    boolean seen = false;
    for (Item item : items) {
      Expr next;
      if (seen) {
        Expr more = Expr.seq(COMMA, item.expr);
        next = item.required ? more : Expr.optional(more);
      } else {
        next = item.required ? item.expr : Expr.optional(Expr.seq(item.expr, COMMA));
        seen = item.required;
      }
      all = Expr.seq(all, next);
    }
    return Expr.seq(all, others.map(each -> Expr.star(Expr.seq(COMMA, each))).orElse(Expr.EMPTY));
  }

  /** One rule for what follows each item, and one for the lists that begin with it. */
  private Expr places() throws UnsupportedSchema {
    Expr after = others.map(each -> Expr.star(Expr.seq(COMMA, each))).orElse(Expr.EMPTY);
    Expr from =
        others.map(each -> Expr.seq(each, Expr.star(Expr.seq(COMMA, each)))).orElse(Expr.NOTHING);
    for (int i = items.size() - 1; i >= 0; i--) {
      Expr item = items.get(i).expr;
      from = Expr.alt(Expr.seq(item, after), from);
      Expr both = Expr.seq(Expr.optional(Expr.seq(COMMA, item)), after);
      after = i == 0 ? both : rule(both);
    }
    return from.equals(Expr.NOTHING) ? Expr.EMPTY : Expr.optional(from);
  }

  private Expr rule(Expr body) throws UnsupportedSchema {
    return rules.put(rules.name(name + "-rest", path), body);
  }

  /** What may follow when {@code count} have been written and the next item is {@code index}. */
  private Expr counted(int index, int count) throws UnsupportedSchema {
    if (max != Expr.UNBOUNDED && count > max) {
      return Expr.NOTHING;
    }
    if (index == items.size()) {
      return end(count);
    }
    int kept = max == Expr.UNBOUNDED ? Math.min(count, Math.max(1, min)) : count;
    var place = new Place(index, kept);
    Expr known = places.get(place);
    if (known != null) {
      return known;
    }
    Item item = items.get(index);
    Expr here = kept == 0 ? item.expr : Expr.seq(COMMA, item.expr);
    Expr with = Expr.seq(here, counted(index + 1, kept + 1));
    Expr all = item.required ? with : Expr.alt(with, counted(index + 1, kept));
    Expr made = all.equals(Expr.NOTHING) ? all : rule(all);
    places.put(place, made);
    return made;
  }

  private Expr end(int count) throws UnsupportedSchema {
    int lack = Math.max(0, min - count);
    int left = max == Expr.UNBOUNDED ? max : max - count;
    if (others.isEmpty() || left == 0) {
      return lack == 0 ? Expr.EMPTY : Expr.NOTHING;
    }
    if (lack > 1) {
      return Expr.NOTHING; // others may be equal to one another, and then count once
    }
    Expr more = Expr.seq(COMMA, others.get());
    if (count > 0) {
      return rules.repeat(more, lack, left, path);
    }
    int behind = left == Expr.UNBOUNDED ? left : left - 1;
    Expr list = Expr.seq(others.get(), rules.repeat(more, 0, behind, path));
    return lack == 0 ? Expr.optional(list) : list;
  }
}
