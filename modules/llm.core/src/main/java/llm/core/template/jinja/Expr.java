package llm.core.template.jinja;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.template.value.Value;

/** An expression, with its line. */
sealed interface Expr {
  int line();

  record Literal(int line, Value value) implements Expr {}

  record Name(int line, String name) implements Expr {}

  record Sequence(int line, List<Expr> items, Value.Form form) implements Expr {}

  record Mapping(int line, List<Expr> keys, List<Expr> values) implements Expr {}

  /** {@code target.name}. */
  record Attribute(int line, Expr target, String name) implements Expr {}

  /** {@code target[key]}. */
  record Item(int line, Expr target, Expr key) implements Expr {}

  /** {@code target[from:to:step]}. */
  record Slice(int line, Expr target, Optional<Expr> from, Optional<Expr> to, Optional<Expr> step)
      implements Expr {}

  record Call(int line, Expr target, Passed passed) implements Expr {}

  record Filter(int line, Expr target, String name, Passed passed) implements Expr {}

  record Test(int line, Expr target, String name, Passed passed) implements Expr {}

  record Not(int line, Expr target) implements Expr {}

  /** {@code -} or {@code +} before a number. */
  record Sign(int line, String operator, Expr target) implements Expr {}

  record Binary(int line, String operator, Expr left, Expr right) implements Expr {}

  /** {@code a < b <= c}: the first is compared with the next, and so on. */
  record Comparison(int line, Expr first, List<String> operators, List<Expr> others)
      implements Expr {}

  /** {@code then if condition else otherwise}. */
  record Choice(int line, Expr condition, Expr then, Optional<Expr> otherwise) implements Expr {}

  /** The arguments of a call. */
  record Passed(List<Expr> values, Map<String, Expr> named) {
    static final Passed NOTHING = new Passed(List.of(), Map.of());
  }
}
