package llm.core.template.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.template.value.Arguments;
import llm.core.template.value.Key;
import llm.core.template.value.Numbers;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.Value;
import llm.core.template.value.Values;

/** Filters over lists. */
final class ListFilters {
  static final Set<String> NAMES =
      Set.of(
          "join",
          "list",
          "first",
          "last",
          "reverse",
          "sort",
          "unique",
          "map",
          "select",
          "reject",
          "selectattr",
          "rejectattr",
          "dictsort",
          "min",
          "max",
          "sum");

  /** Those that take {@code none} for an empty list. */
  private static final Set<String> OF_NOTHING =
      Set.of("map", "select", "reject", "selectattr", "rejectattr");

  private ListFilters() {}

  static Value apply(String name, Value value, Arguments arguments) throws TemplateException {
    if (name.equals("dictsort")) {
      return sortedEntries(value, arguments);
    }
    boolean nothing = value instanceof Value.None && OF_NOTHING.contains(name);
    List<Value> items =
        nothing ? List.of() : Values.items(value, arguments.meter(), arguments.line());
    arguments.meter().steps(items.size(), arguments.line());
    return switch (name) {
      case "join" -> join(items, arguments);
      case "list" -> Value.list(items);
      case "first" -> items.isEmpty() ? new Value.Undefined("first") : items.getFirst();
      case "last" -> items.isEmpty() ? new Value.Undefined("last") : items.getLast();
      case "reverse" -> reversed(value, items);
      case "sort" -> Value.list(sorted(items, arguments));
      case "unique" -> unique(items, arguments);
      case "map" -> map(items, arguments);
      case "select", "reject" -> select(items, arguments, name.equals("select"));
      case "selectattr", "rejectattr" ->
          selectByAttribute(items, arguments, name.equals("selectattr"));
      case "min" -> extreme(items, arguments, -1);
      case "max" -> extreme(items, arguments, 1);
      default -> sum(items, arguments);
    };
  }

  private static Value join(List<Value> items, Arguments arguments) throws TemplateException {
    Value separator = arguments.get(0, "d", Value.of(""));
    List<Value> parts = attributes(items, arguments, 1);
    return Methods.join(Methods.print(separator, arguments), Value.list(parts), arguments);
  }

  /** By the argument {@code attribute}, where it is given. */
  private static List<Value> attributes(List<Value> items, Arguments arguments, int index)
      throws TemplateException {
    Optional<Value> attribute = arguments.find(index, "attribute");
    if (attribute.isEmpty()) {
      return items;
    }
    List<Value> values = new ArrayList<>();
    for (Value item : items) {
      values.add(attribute(item, attribute.get(), arguments));
    }
    return values;
  }

  /** A field of an item, or by dots a field of a field. */
  private static Value attribute(Value item, Value path, Arguments arguments)
      throws TemplateException {
    Value value = item;
    for (String name : Methods.print(path, arguments).toString().split("\\.")) {
      if (value instanceof Value.Undefined) {
        throw arguments.error("an item has no '" + path + "'");
      }
      value =
          switch (value) {
            case Value.Dict(Map<Key, Value> entries) -> field(entries, name);
            case Value.Space(Map<String, Value> fields) ->
                fields.getOrDefault(name, new Value.Undefined(name));
            case Value.Items(List<Value> items, Value.Form _) when name.matches("[0-9]{1,6}") -> {
              int index = Integer.parseInt(name);
              yield index < items.size() ? items.get(index) : new Value.Undefined(name);
            }
            default -> new Value.Undefined(name);
          };
    }
    return value;
  }

  /** By its name; one that is a number by that number, as Jinja has it. */
  private static Value field(Map<Key, Value> entries, String name) {
    Key key =
        name.matches("[0-9]{1,9}")
            ? Key.of(Value.of(Long.parseLong(name))).orElseThrow()
            : Key.of(name);
    return entries.getOrDefault(key, new Value.Undefined(name));
  }

  private static Value reversed(Value value, List<Value> items) {
    if (value instanceof Value.Str(Text text)) { // counted when its items were
      return Value.of(text.changed(all -> new StringBuilder(all).reverse().toString()));
    }
    List<Value> reversed = new ArrayList<>(items);
    Collections.reverse(reversed);
    return Value.list(reversed);
  }

  private static List<Value> sorted(List<Value> items, Arguments arguments)
      throws TemplateException {
    arguments.only(3, "reverse", "case_sensitive", "attribute");
    boolean exact = arguments.truth(1, "case_sensitive", false);
    List<Value> keys = new ArrayList<>();
    for (Value key : attributes(items, arguments, 2)) {
      keys.add(folded(key, exact, arguments));
    }
    return sorted(items, keys, arguments.truth(0, "reverse", false), arguments);
  }

  private static List<Value> sorted(
      List<Value> items, List<Value> keys, boolean reverse, Arguments arguments)
      throws TemplateException {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < items.size(); i++) {
      order.add(i);
      Values.compare(keys.get(i), keys.getFirst(), arguments.line()); // all of one kind
    }
    Comparator<Integer> byKey = (a, b) -> compared(keys.get(a), keys.get(b), arguments);
    order.sort(reverse ? byKey.reversed() : byKey);
    return order.stream().map(items::get).toList();
  }

  private static int compared(Value left, Value right, Arguments arguments) {
    try {
      return Values.compare(left, right, arguments.line());
    } catch (TemplateException impossible) {
      throw new IllegalStateException(impossible); // compared with the first one before
    }
  }

  private static Value folded(Value value, boolean exact, Arguments arguments)
      throws TemplateException {
    if (value instanceof Value.Str(Text text) && !exact) {
      arguments.meter().characters(text.length(), arguments.line());
      return Value.of(text.changed(String::toLowerCase));
    }
    return value;
  }

  private static Value unique(List<Value> items, Arguments arguments) throws TemplateException {
    arguments.only(0);
    List<Value> unique = new ArrayList<>();
    List<Value> keys = new ArrayList<>();
    for (Value item : items) {
      Value folded = folded(item, false, arguments);
      boolean there = false;
      for (int i = 0; !there && i < keys.size(); i++) {
        there = Values.equal(keys.get(i), folded, arguments.meter(), arguments.line());
      }
      if (!there) {
        unique.add(item);
        keys.add(folded);
      }
    }
    return Value.list(unique);
  }

  private static Value map(List<Value> items, Arguments arguments) throws TemplateException {
    List<Value> mapped = new ArrayList<>();
    if (arguments.values().isEmpty()) {
      Value path = arguments.only(0, "attribute", "default").get(9, "attribute");
      Optional<Value> fallback = arguments.find(9, "default");
      for (Value item : items) {
        Value value = attribute(item, path, arguments);
        mapped.add(value instanceof Value.Undefined ? fallback.orElse(value) : value);
      }
      return Value.list(mapped);
    }
    String filter = arguments.text(0, "filter").toString();
    Arguments rest = rest(arguments, 1, filter);
    for (Value item : items) {
      mapped.add(Filters.apply(filter, item, rest));
    }
    return Value.list(mapped);
  }

  private static Arguments rest(Arguments arguments, int from, String what) {
    List<Value> values = arguments.values();
    return new Arguments(
        arguments.line(),
        what,
        values.subList(Math.min(from, values.size()), values.size()),
        arguments.named(),
        arguments.meter());
  }

  private static Value select(List<Value> items, Arguments arguments, boolean wanted)
      throws TemplateException {
    List<Value> selected = new ArrayList<>();
    for (Value item : items) {
      if (holds(item, arguments, 0) == wanted) {
        selected.add(item);
      }
    }
    return Value.list(selected);
  }

  private static Value selectByAttribute(List<Value> items, Arguments arguments, boolean wanted)
      throws TemplateException {
    Value path = arguments.get(0, "attribute");
    List<Value> selected = new ArrayList<>();
    for (Value item : items) {
      if (holds(attribute(item, path, arguments), arguments, 1) == wanted) {
        selected.add(item);
      }
    }
    return Value.list(selected);
  }

  /** By the test whose name is the argument {@code index}; without one, whether it is true. */
  private static boolean holds(Value value, Arguments arguments, int index)
      throws TemplateException {
    if (arguments.values().size() <= index) {
      return Values.isTrue(value);
    }
    String given = arguments.text(index, "test").toString();
    String name = given.equals("==") ? "eq" : given.equals("!=") ? "ne" : given;
    return Tests.holds(name, value, rest(arguments, index + 1, name));
  }

  private static Value sortedEntries(Value value, Arguments arguments) throws TemplateException {
    if (!(value instanceof Value.Dict(Map<Key, Value> entries))) {
      throw arguments.error(Values.kind(value) + " has no entries to sort");
    }
    arguments.only(0).meter().steps(entries.size(), arguments.line());
    List<Value> items = new ArrayList<>();
    List<Value> keys = new ArrayList<>();
    for (var entry : entries.entrySet()) {
      Value key = entry.getKey().value();
      items.add(new Value.Items(List.of(key, entry.getValue()), Value.Form.TUPLE));
      keys.add(folded(key, false, arguments));
    }
    return Value.list(sorted(items, keys, false, arguments));
  }

  private static Value extreme(List<Value> items, Arguments arguments, int sign)
      throws TemplateException {
    arguments.only(0);
    if (items.isEmpty()) {
      return new Value.Undefined("item");
    }
    Value best = items.getFirst();
    for (Value item : items) {
      best = Values.compare(item, best, arguments.line()) * sign > 0 ? item : best;
    }
    return best;
  }

  private static Value sum(List<Value> items, Arguments arguments) throws TemplateException {
    Value sum = arguments.only(1, "attribute").get(9, "start", Value.of(0));
    for (Value item : attributes(items, arguments, 0)) {
      sum = Numbers.compute("+", sum, item, arguments.line());
    }
    return sum;
  }
}
