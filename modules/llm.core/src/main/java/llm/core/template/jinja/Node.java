package llm.core.template.jinja;

import java.util.List;
import java.util.Optional;

/** A piece of a template, with its line. */
sealed interface Node {
  int line();

  record Words(int line, String text) implements Node {}

  record Print(int line, Expr value) implements Node {}

  record If(int line, List<Branch> branches) implements Node {}

  /** Of {@code else} without a condition. */
  record Branch(Optional<Expr> condition, List<Node> body) {}

  /**
   * A loop.
   *
   * @param names what an item is called; more than one takes it apart
   * @param filter which items are meant
   * @param otherwise for no items
   */
  record For(
      int line,
      List<String> names,
      Expr items,
      Optional<Expr> filter,
      List<Node> body,
      List<Node> otherwise)
      implements Node {}

  /** {@code set a, b = value}. */
  record Set(int line, List<String> names, Expr value) implements Node {}

  /** {@code set space.field = value}. */
  record SetField(int line, String space, String field, Expr value) implements Node {}

  /** {@code set name} … {@code endset}, through filters. */
  record SetBlock(int line, String name, List<Expr.Filter> filters, List<Node> body)
      implements Node {}

  /** {@code filter name} … {@code endfilter}. */
  record FilterBlock(int line, List<Expr.Filter> filters, List<Node> body) implements Node {}

  /**
   * A macro.
   *
   * @param defaults by the last of the names
   */
  record Macro(int line, String name, List<String> names, List<Expr> defaults, List<Node> body)
      implements Node {}

  /** {@code generation} … {@code endgeneration}, which changes nothing. */
  record Group(int line, List<Node> body) implements Node {}

  record Break(int line) implements Node {}

  record Continue(int line) implements Node {}
}
