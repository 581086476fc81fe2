package llm.core.template.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import llm.core.template.value.Arguments;
import llm.core.template.value.Key;
import llm.core.template.value.Meter;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.TextBuilder;
import llm.core.template.value.Value;
import llm.core.template.value.Values;

/** Runs statements. One rendering, one thread. */
final class Interpreter {
  private final Meter meter;
  private final Evaluator evaluator;

  Interpreter(Meter meter) {
    this.meter = meter;
    this.evaluator = new Evaluator(meter);
  }

  /** How a body came to its end. */
  private enum Flow {
    DONE,
    BREAK,
    CONTINUE
  }

  Flow run(List<Node> nodes, Scope scope, TextBuilder out) throws TemplateException {
    for (Node node : nodes) {
      meter.step(node.line());
      Flow flow = run(node, scope, out);
      if (flow != Flow.DONE) {
        return flow;
      }
    }
    return Flow.DONE;
  }

  private Flow run(Node node, Scope scope, TextBuilder out) throws TemplateException {
    switch (node) {
      case Node.Words(int line, String text) -> print(Text.of(text), line, out);
      case Node.Print(int line, Expr value) ->
          print(Values.print(evaluator.value(value, scope), meter, line), line, out);
      case Node.If choice -> {
        return choose(choice, scope, out);
      }
      case Node.For loop -> loop(loop, scope, out);
      case Node.Set(int line, List<String> names, Expr value) ->
          assign(names, evaluator.value(value, scope), scope, line);
      case Node.SetField(int line, String space, String field, Expr value) -> {
        if (!(scope.get(space) instanceof Value.Space(Map<String, Value> fields))) {
          throw TemplateException.at(
              line, "'" + space + "' is no namespace whose fields can be set");
        }
        fields.put(field, evaluator.value(value, scope));
      }
      case Node.SetBlock block ->
          scope.set(block.name(), filtered(block.filters(), block.body(), scope));
      case Node.FilterBlock block ->
          print(
              Values.print(
                  filtered(block.filters(), block.body(), scope.inner()), meter, block.line()),
              block.line(),
              out);
      case Node.Macro macro -> scope.set(macro.name(), macro(macro, scope));
      case Node.Group group -> {
        return run(group.body(), scope, out);
      }
      case Node.Break _ -> {
        return Flow.BREAK;
      }
      case Node.Continue _ -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.DONE;
  }

  private void print(Text text, int line, TextBuilder out) throws TemplateException {
    meter.characters(text.length(), line);
    out.append(text);
  }

  private Flow choose(Node.If choice, Scope scope, TextBuilder out) throws TemplateException {
    for (Node.Branch branch : choice.branches()) {
      if (branch.condition().isEmpty()
          || Values.isTrue(evaluator.value(branch.condition().get(), scope))) {
        meter.enter(choice.line());
        Flow flow = run(branch.body(), scope, out);
        meter.leave();
        return flow;
      }
    }
    return Flow.DONE;
  }

  private void loop(Node.For loop, Scope scope, TextBuilder out) throws TemplateException {
    List<Value> items = Values.items(evaluator.value(loop.items(), scope), meter, loop.line());
    if (loop.filter().isPresent()) {
      items = filtered(loop, items, scope);
    }
    if (items.isEmpty()) {
      run(loop.otherwise(), scope.inner(), out);
      return;
    }
    meter.enter(loop.line());
    for (int i = 0; i < items.size(); i++) {
      meter.step(loop.line());
      Scope inner = scope.inner();
      assign(loop.names(), items.get(i), inner, loop.line());
      inner.set("loop", place(items, i));
      if (run(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
    meter.leave();
  }

  private List<Value> filtered(Node.For loop, List<Value> items, Scope scope)
      throws TemplateException {
    List<Value> wanted = new ArrayList<>();
    for (Value item : items) {
      meter.step(loop.line());
      Scope inner = scope.inner();
      assign(loop.names(), item, inner, loop.line());
      if (Values.isTrue(evaluator.value(loop.filter().get(), inner))) {
        wanted.add(item);
      }
    }
    return wanted;
  }

  /** What {@code loop} says at the item {@code i}. */
  private static Value place(List<Value> items, int i) {
    int count = items.size();
    Map<Key, Value> fields = new LinkedHashMap<>();
    fields.put(Key.of("index"), Value.of(i + 1L));
    fields.put(Key.of("index0"), Value.of(i));
    fields.put(Key.of("revindex"), Value.of((long) count - i));
    fields.put(Key.of("revindex0"), Value.of(count - i - 1L));
    fields.put(Key.of("first"), Value.of(i == 0));
    fields.put(Key.of("last"), Value.of(i == count - 1));
    fields.put(Key.of("length"), Value.of(count));
    if (i > 0) {
      fields.put(Key.of("previtem"), items.get(i - 1));
    }
    if (i < count - 1) {
      fields.put(Key.of("nextitem"), items.get(i + 1));
    }
    fields.put(
        Key.of("cycle"),
        new Value.Function(
            "cycle",
            arguments -> {
              if (arguments.values().isEmpty()) {
                throw arguments.error("it needs values");
              }
              return arguments.values().get(i % arguments.values().size());
            }));
    return new Value.Dict(fields);
  }

  private void assign(List<String> names, Value value, Scope scope, int line)
      throws TemplateException {
    if (names.size() == 1) {
      scope.set(names.getFirst(), value);
      return;
    }
    List<Value> items = Values.items(value, meter, line);
    if (items.size() != names.size()) {
      throw TemplateException.at(
          line, names.size() + " names were given for " + items.size() + " values");
    }
    for (int i = 0; i < items.size(); i++) {
      scope.set(names.get(i), items.get(i));
    }
  }

  private Value filtered(List<Expr.Filter> filters, List<Node> body, Scope scope)
      throws TemplateException {
    var out = new TextBuilder();
    run(body, scope.inner(), out);
    Value value = Value.of(out.toText());
    for (Expr.Filter filter : filters) {
      value = evaluator.filter(filter, value, scope);
    }
    return value;
  }

  private Value macro(Node.Macro macro, Scope defined) {
    return new Value.Function(macro.name(), arguments -> call(macro, defined, arguments));
  }

  private Value call(Node.Macro macro, Scope defined, Arguments arguments)
      throws TemplateException {
    List<String> names = macro.names();
    arguments.only(names.size(), names.toArray(String[]::new));
    Scope scope = defined.inner();
    int required = names.size() - macro.defaults().size();
    for (int i = 0; i < names.size(); i++) {
      var given = arguments.find(i, names.get(i));
      if (given.isPresent()) {
        scope.set(names.get(i), given.get());
      } else if (i >= required) {
        scope.set(names.get(i), evaluator.value(macro.defaults().get(i - required), scope));
      } else {
        scope.set(names.get(i), new Value.Undefined(names.get(i)));
      }
    }
    meter.enter(arguments.line());
    var out = new TextBuilder();
    run(macro.body(), scope, out);
    meter.leave();
    return Value.of(out.toText());
  }
}
