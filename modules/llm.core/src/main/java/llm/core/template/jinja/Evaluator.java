package llm.core.template.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.template.value.Arguments;
import llm.core.template.value.Key;
import llm.core.template.value.Meter;
import llm.core.template.value.Numbers;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.TextBuilder;
import llm.core.template.value.Value;
import llm.core.template.value.Values;

/** Computes expressions. One rendering, one thread. */
final class Evaluator {
  private final Meter meter;

  Evaluator(Meter meter) {
    this.meter = meter;
  }

  Value value(Expr expr, Scope scope) throws TemplateException {
    int line = expr.line();
    meter.step(line);
    meter.enter(line);
    Value value =
        switch (expr) {
          case Expr.Literal literal -> literal.value();
          case Expr.Name name -> scope.get(name.name());
          case Expr.Sequence sequence ->
              new Value.Items(all(sequence.items(), scope), sequence.form());
          case Expr.Mapping mapping -> mapping(mapping, scope);
          case Expr.Attribute attribute ->
              attribute(value(attribute.target(), scope), attribute.name(), line);
          case Expr.Item item -> item(value(item.target(), scope), value(item.key(), scope), line);
          case Expr.Slice slice -> slice(slice, scope);
          case Expr.Call call -> call(call, scope);
          case Expr.Filter filter -> filter(filter, value(filter.target(), scope), scope);
          case Expr.Test test -> test(test, scope);
          case Expr.Not not -> Value.of(!Values.isTrue(value(not.target(), scope)));
          case Expr.Sign sign -> sign(sign, value(sign.target(), scope));
          case Expr.Binary binary -> binary(binary, scope);
          case Expr.Comparison comparison -> compare(comparison, scope);
          case Expr.Choice choice -> choose(choice, scope);
        };
    meter.leave();
    return value;
  }

  Value filter(Expr.Filter filter, Value target, Scope scope) throws TemplateException {
    Arguments arguments = arguments(filter.line(), filter.name(), filter.passed(), scope);
    return Filters.apply(filter.name(), target, arguments);
  }

  private Value test(Expr.Test test, Scope scope) throws TemplateException {
    Value target = value(test.target(), scope);
    Arguments arguments = arguments(test.line(), test.name(), test.passed(), scope);
    return Value.of(Tests.holds(test.name(), target, arguments));
  }

  private List<Value> all(List<Expr> exprs, Scope scope) throws TemplateException {
    List<Value> values = new ArrayList<>(exprs.size());
    for (Expr expr : exprs) {
      values.add(value(expr, scope));
    }
    return values;
  }

  private Value mapping(Expr.Mapping mapping, Scope scope) throws TemplateException {
    Map<Key, Value> entries = new LinkedHashMap<>();
    for (int i = 0; i < mapping.keys().size(); i++) {
      Value given = value(mapping.keys().get(i), scope);
      Optional<Key> key = Key.of(given);
      if (key.isEmpty()) {
        throw TemplateException.at(
            mapping.line(), Values.kind(given) + " is no key of a mapping here");
      }
      entries.put(key.get(), value(mapping.values().get(i), scope));
    }
    return new Value.Dict(entries);
  }

  /** A field by its name, or a method that is known here. */
  private static Value attribute(Value target, String name, int line) throws TemplateException {
    return switch (target) {
      case Value.Undefined missing ->
          throw TemplateException.at(
              line, "'" + missing.name() + "' is not defined and has no '" + name + "'");
      case Value.Space(Map<String, Value> fields) ->
          fields.getOrDefault(name, new Value.Undefined(name));
      default -> {
        Optional<Value> method = Methods.find(target, name, line);
        if (method.isPresent()) {
          yield method.get();
        }
        yield target instanceof Value.Dict(Map<Key, Value> entries)
            ? entries.getOrDefault(Key.of(name), new Value.Undefined(name))
            : new Value.Undefined(name);
      }
    };
  }

  private Value item(Value target, Value key, int line) throws TemplateException {
    switch (target) {
      case Value.Undefined missing ->
          throw TemplateException.at(line, "'" + missing.name() + "' is not defined");
      case Value.Dict(Map<Key, Value> entries) -> {
        return Key.of(key)
            .map(name -> entries.getOrDefault(name, new Value.Undefined(name.toString())))
            .orElseGet(() -> new Value.Undefined("key"));
      }
      case Value.Space(Map<String, Value> fields) when key instanceof Value.Str(Text name) -> {
        return fields.getOrDefault(name.toString(), new Value.Undefined(name.toString()));
      }
      default -> {
        return indexed(target, key, line);
      }
    }
  }

  private Value indexed(Value target, Value key, int line) throws TemplateException {
    boolean sequence = target instanceof Value.Items || target instanceof Value.Str;
    var number = Numbers.findWhole(key).filter(index -> index.bitLength() < 32);
    if (!sequence || number.isEmpty()) {
      String name = key instanceof Value.Str(Text text) ? text.toString() : "item";
      return new Value.Undefined(name);
    }
    int index = number.get().intValue();
    if (target instanceof Value.Str(Text text)) {
      meter.search(text.length(), 1, line);
      return Methods.character(text, index);
    }
    List<Value> items = Values.items(target, meter, line);
    int from = index < 0 ? items.size() + index : index;
    return from >= 0 && from < items.size() ? items.get(from) : new Value.Undefined("item");
  }

  private Value slice(Expr.Slice slice, Scope scope) throws TemplateException {
    Value target = value(slice.target(), scope);
    if (!(target instanceof Value.Items) && !(target instanceof Value.Str)) {
      throw TemplateException.at(slice.line(), Values.kind(target) + " has no slices");
    }
    int step = bound(slice.step(), 1, slice.line(), scope);
    boolean isText = target instanceof Value.Str && step == 1;
    List<Value> items = isText ? List.of() : Values.items(target, meter, slice.line());
    meter.steps(items.size(), slice.line());
    int count =
        target instanceof Value.Str(Text text) && isText ? text.codePointLength() : items.size();
    if (step == 0) {
      throw TemplateException.at(slice.line(), "a slice has no step of 0");
    }
    int from =
        clamp(bound(slice.from(), step > 0 ? 0 : count - 1, slice.line(), scope), step, count);
    int to =
        slice.to().isPresent()
            ? clamp(bound(slice.to(), 0, slice.line(), scope), step, count)
            : step > 0 ? count : -1;
    if (target instanceof Value.Str(Text text) && isText) {
      meter.characters(text.length(), slice.line());
      return Value.of(text.cutCodePoints(from, to));
    }
    List<Value> cut = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      cut.add(items.get((int) i));
    }
    if (target instanceof Value.Items(List<Value> _, Value.Form form)) {
      return new Value.Items(cut, form);
    }
    var text = new TextBuilder();
    for (Value character : cut) {
      text.append(Values.print(character, meter, slice.line()));
    }
    return Value.of(text.toText());
  }

  private int bound(Optional<Expr> expr, int fallback, int line, Scope scope)
      throws TemplateException {
    if (expr.isEmpty()) {
      return fallback;
    }
    Value value = value(expr.get(), scope);
    return value instanceof Value.None
        ? fallback
        : Numbers.index(value, new Arguments(line, "a slice", List.of(), Map.of(), meter));
  }

  private static int clamp(int bound, int step, int count) {
    int index = bound < 0 ? bound + count : bound;
    return step > 0 ? Math.clamp(index, 0, count) : Math.clamp(index, -1, count - 1);
  }

  private Value call(Expr.Call call, Scope scope) throws TemplateException {
    Value target = value(call.target(), scope);
    if (!(target instanceof Value.Function(String name, Value.Function.Body body))) {
      throw TemplateException.at(call.line(), Values.kind(target) + " cannot be called");
    }
    return body.call(arguments(call.line(), name, call.passed(), scope));
  }

  private Arguments arguments(int line, String what, Expr.Passed passed, Scope scope)
      throws TemplateException {
    if (passed.values().isEmpty() && passed.named().isEmpty()) {
      return new Arguments(line, what, List.of(), Map.of(), meter);
    }
    Map<String, Value> named = new LinkedHashMap<>();
    for (var entry : passed.named().entrySet()) {
      named.put(entry.getKey(), value(entry.getValue(), scope));
    }
    return new Arguments(line, what, all(passed.values(), scope), named, meter);
  }

  private static Value sign(Expr.Sign sign, Value target) throws TemplateException {
    return sign.operator().equals("+")
        ? Numbers.compute("+", Value.of(0), target, sign.line())
        : target instanceof Value.Real(double number)
            ? new Value.Real(-number)
            : Numbers.compute("-", Value.of(0), target, sign.line());
  }

  private Value binary(Expr.Binary binary, Scope scope) throws TemplateException {
    Value left = value(binary.left(), scope);
    switch (binary.operator()) {
      case "and" -> {
        return Values.isTrue(left) ? value(binary.right(), scope) : left;
      }
      case "or" -> {
        return Values.isTrue(left) ? left : value(binary.right(), scope);
      }
      case "~" -> {
        Text right = Values.print(value(binary.right(), scope), meter, binary.line());
        return joined(Values.print(left, meter, binary.line()), right, binary.line());
      }
      default -> {
        return compute(binary, left, value(binary.right(), scope));
      }
    }
  }

  private Value compute(Expr.Binary binary, Value left, Value right) throws TemplateException {
    int line = binary.line();
    boolean plus = binary.operator().equals("+");
    if (plus && left instanceof Value.Str(Text a) && right instanceof Value.Str(Text b)) {
      return joined(a, b, line);
    }
    if (plus
        && left instanceof Value.Items(List<Value> a, Value.Form form)
        && right instanceof Value.Items(List<Value> b, Value.Form other)
        && form == other) {
      meter.steps((long) a.size() + b.size(), line);
      List<Value> both = new ArrayList<>(a);
      both.addAll(b);
      return new Value.Items(both, form);
    }
    if (binary.operator().equals("*") && left instanceof Value.Str(Text text)) {
      int times =
          Math.max(0, Numbers.index(right, new Arguments(line, "'*'", List.of(), Map.of(), meter)));
      meter.characters((long) times * text.length(), line);
      meter.steps(times, line);
      var repeated = new TextBuilder();
      for (int i = 0; i < times; i++) {
        repeated.append(text);
      }
      return Value.of(repeated.toText());
    }
    return Numbers.compute(binary.operator(), left, right, line);
  }

  private Value joined(Text left, Text right, int line) throws TemplateException {
    meter.characters((long) left.length() + right.length(), line);
    return Value.of(new TextBuilder().append(left).append(right).toText());
  }

  private Value compare(Expr.Comparison comparison, Scope scope) throws TemplateException {
    Value left = value(comparison.first(), scope);
    for (int i = 0; i < comparison.others().size(); i++) {
      Value right = value(comparison.others().get(i), scope);
      if (!holds(comparison.operators().get(i), left, right, comparison.line())) {
        return Value.FALSE;
      }
      left = right;
    }
    return Value.TRUE;
  }

  private boolean holds(String operator, Value left, Value right, int line)
      throws TemplateException {
    return switch (operator) {
      case "==" -> Values.equal(left, right, meter, line);
      case "!=" -> !Values.equal(left, right, meter, line);
      case "in" -> Values.contains(right, left, meter, line);
      case "not in" -> !Values.contains(right, left, meter, line);
      case "<" -> Values.compare(left, right, line) < 0;
      case "<=" -> Values.compare(left, right, line) <= 0;
      case ">" -> Values.compare(left, right, line) > 0;
      default -> Values.compare(left, right, line) >= 0;
    };
  }

  private Value choose(Expr.Choice choice, Scope scope) throws TemplateException {
    if (Values.isTrue(value(choice.condition(), scope))) {
      return value(choice.then(), scope);
    }
    return choice.otherwise().isPresent()
        ? value(choice.otherwise().get(), scope)
        : new Value.Undefined("else");
  }
}
