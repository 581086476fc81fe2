package llm.core.template.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.template.jinja.Token.Kind;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Value;

/** Reads expressions, with the precedence of Jinja 3. */
final class ExprParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> NO_ARGUMENT =
      Set.of("and", "or", "else", "if", "in", "is", "not");

  private static final int MOST_DIGITS = 1_000;

  private final Tokens tokens;
  private final List<TemplateException> unknown = new ArrayList<>(); // filters and tests

  ExprParser(Tokens tokens) {
    this.tokens = tokens;
  }

  /** An expression; more than one, with commas between them, are a tuple. */
  Expr tuple() throws TemplateException {
    int line = tokens.line();
    Expr first = expression();
    if (!tokens.peek().isOperator(",")) {
      return first;
    }
    List<Expr> items = new ArrayList<>(List.of(first));
    while (tokens.takeOperator(",")) {
      if (tokens.peek().kind() == Kind.BLOCK_END || tokens.peek().isOperator(")")) {
        break;
      }
      items.add(expression());
    }
    return new Expr.Sequence(line, items, Value.Form.TUPLE);
  }

  /**
   * How many names of filters and tests were not known. As in Jinja, such a name is an error where
   * it is sure to be used, and else when it is: models' templates have what other programs know.
   */
  int unknown() {
    return unknown.size();
  }

  /** Those behind the first {@code known} stand behind a condition. */
  void forgive(int known) {
    unknown.subList(known, unknown.size()).clear();
  }

  /** Those behind the first {@code known} stand behind none. */
  void refuse(int known) throws TemplateException {
    if (unknown.size() > known) {
      throw unknown.get(known);
    }
  }

  /** With {@code if … else}. */
  Expr expression() throws TemplateException {
    tokens.enter();
    int known = unknown();
    Expr value = or();
    while (tokens.peek().isName("if")) {
      int line = tokens.next().line();
      Expr condition = or();
      Optional<Expr> otherwise =
          tokens.takeName("else") ? Optional.of(expression()) : Optional.empty();
      value = new Expr.Choice(line, condition, value, otherwise);
      forgive(known);
    }
    tokens.leave();
    return value;
  }

  /** Without {@code if}, which a loop has for itself. */
  Expr or() throws TemplateException {
    Expr left = and();
    while (tokens.peek().isName("or")) {
      left = new Expr.Binary(tokens.next().line(), "or", left, and());
    }
    return left;
  }

  private Expr and() throws TemplateException {
    Expr left = not();
    while (tokens.peek().isName("and")) {
      left = new Expr.Binary(tokens.next().line(), "and", left, not());
    }
    return left;
  }

  private Expr not() throws TemplateException {
    if (!tokens.peek().isName("not")) {
      return comparison();
    }
    tokens.enter();
    var not = new Expr.Not(tokens.next().line(), not());
    tokens.leave();
    return not;
  }

  private Expr comparison() throws TemplateException {
    int line = tokens.line();
    Expr first = sum();
    List<String> operators = new ArrayList<>();
    List<Expr> others = new ArrayList<>();
    while (true) {
      Token next = tokens.peek();
      if (next.kind() == Kind.OPERATOR && COMPARISONS.contains(next.text())) {
        operators.add(tokens.next().text());
      } else if (next.isName("in")) {
        operators.add(tokens.next().text());
      } else if (next.isName("not") && tokens.peekNext().isName("in")) {
        tokens.next();
        tokens.next();
        operators.add("not in");
      } else {
        break;
      }
      others.add(sum());
    }
    return others.isEmpty() ? first : new Expr.Comparison(line, first, operators, others);
  }

  private Expr sum() throws TemplateException {
    Expr left = joined();
    while (tokens.peek().isOperator("+") || tokens.peek().isOperator("-")) {
      Token operator = tokens.next();
      left = new Expr.Binary(operator.line(), operator.text(), left, joined());
    }
    return left;
  }

  private Expr joined() throws TemplateException {
    Expr left = product();
    while (tokens.peek().isOperator("~")) {
      left = new Expr.Binary(tokens.next().line(), "~", left, product());
    }
    return left;
  }

  private Expr product() throws TemplateException {
    Expr left = power();
    while (Set.of("*", "/", "//", "%").contains(tokens.peek().text())
        && tokens.peek().kind() == Kind.OPERATOR) {
      Token operator = tokens.next();
      left = new Expr.Binary(operator.line(), operator.text(), left, power());
    }
    return left;
  }

  private Expr power() throws TemplateException {
    Expr left = filtered(unary());
    while (tokens.peek().isOperator("**")) {
      left = new Expr.Binary(tokens.next().line(), "**", left, filtered(unary()));
    }
    return left;
  }

  private Expr unary() throws TemplateException {
    Token token = tokens.peek();
    if (!token.isOperator("-") && !token.isOperator("+")) {
      return postfix(primary());
    }
    tokens.next();
    tokens.enter();
    var sign = new Expr.Sign(token.line(), token.text(), unary());
    tokens.leave();
    return sign;
  }

  private Expr filtered(Expr expr) throws TemplateException {
    Expr value = expr;
    while (true) {
      if (tokens.peek().isOperator("|")) {
        value = filter(value);
      } else if (tokens.peek().isName("is")) {
        value = test(value);
      } else if (tokens.peek().isOperator("(")) {
        value = new Expr.Call(tokens.line(), value, passed());
      } else {
        return value;
      }
    }
  }

  /** A filter of {@code target}, from the bar on. */
  Expr.Filter filter(Expr target) throws TemplateException {
    tokens.operator("|");
    return filterName(target);
  }

  /** A filter of {@code target}, from its name on. */
  Expr.Filter filterName(Expr target) throws TemplateException {
    int line = tokens.line();
    String name = tokens.anyName();
    Filters.unknown(name, line).ifPresent(unknown::add);
    Expr.Passed passed = tokens.peek().isOperator("(") ? passed() : Expr.Passed.NOTHING;
    return new Expr.Filter(line, target, name, passed);
  }

  private Expr test(Expr target) throws TemplateException {
    tokens.name("is");
    boolean negated = tokens.takeName("not");
    int line = tokens.line();
    String name = tokens.anyName();
    Tests.unknown(name, line).ifPresent(unknown::add);
    Expr.Passed passed = Expr.Passed.NOTHING;
    Token next = tokens.peek();
    if (next.isOperator("(")) {
      passed = passed();
    } else if (beginsArgument(next)) {
      passed = new Expr.Passed(List.of(postfix(primary())), Map.of());
    }
    var test = new Expr.Test(line, target, name, passed);
    return negated ? new Expr.Not(line, test) : test;
  }

  private static boolean beginsArgument(Token next) {
    return switch (next.kind()) {
      case NAME -> !NO_ARGUMENT.contains(next.text());
      case STRING, INTEGER, DECIMAL -> true;
      case OPERATOR -> next.text().equals("[") || next.text().equals("{");
      default -> false;
    };
  }

  private Expr primary() throws TemplateException {
    Token token = tokens.peek();
    int line = token.line();
    switch (token.kind()) {
      case NAME -> {
        tokens.next();
        return named(token.text(), line);
      }
      case STRING -> {
        var text = new StringBuilder();
        while (tokens.peek().kind() == Kind.STRING) {
          text.append(tokens.next().text());
        }
        return new Expr.Literal(line, Value.of(text.toString()));
      }
      case INTEGER -> {
        if (token.text().length() > MOST_DIGITS) {
          throw TemplateException.at(line, "a number of more than " + MOST_DIGITS + " digits");
        }
        return new Expr.Literal(line, new Value.Int(new BigInteger(tokens.next().text())));
      }
      case DECIMAL -> {
        return new Expr.Literal(line, new Value.Real(Double.parseDouble(tokens.next().text())));
      }
      default -> {
        return bracketed(line);
      }
    }
  }

  private static Expr named(String name, int line) {
    return switch (name) {
      case "true", "True" -> new Expr.Literal(line, Value.TRUE);
      case "false", "False" -> new Expr.Literal(line, Value.FALSE);
      case "none", "None" -> new Expr.Literal(line, Value.NONE);
      default -> new Expr.Name(line, name);
    };
  }

  private Expr bracketed(int line) throws TemplateException {
    if (tokens.takeOperator("(")) {
      if (tokens.takeOperator(")")) {
        return new Expr.Sequence(line, List.of(), Value.Form.TUPLE);
      }
      Expr inside = tuple();
      tokens.operator(")");
      return inside;
    }
    if (tokens.takeOperator("[")) {
      List<Expr> items = new ArrayList<>();
      while (!tokens.takeOperator("]")) {
        items.add(expression());
        separator("]");
      }
      return new Expr.Sequence(line, items, Value.Form.LIST);
    }
    if (!tokens.takeOperator("{")) {
      throw tokens.expected("a value");
    }
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!tokens.takeOperator("}")) {
      keys.add(expression());
      tokens.operator(":");
      values.add(expression());
      separator("}");
    }
    return new Expr.Mapping(line, keys, values);
  }

  private void separator(String close) throws TemplateException {
    if (!tokens.peek().isOperator(close)) {
      tokens.operator(",");
    }
  }

  private Expr postfix(Expr expr) throws TemplateException {
    Expr value = expr;
    while (true) {
      int line = tokens.line();
      if (tokens.takeOperator(".")) {
        value =
            tokens.peek().kind() == Kind.INTEGER
                ? new Expr.Item(line, value, primary())
                : new Expr.Attribute(line, value, tokens.anyName());
      } else if (tokens.takeOperator("[")) {
        value = item(value, line);
      } else if (tokens.peek().isOperator("(")) {
        value = new Expr.Call(line, value, passed());
      } else {
        return value;
      }
    }
  }

  private Expr item(Expr target, int line) throws TemplateException {
    List<Optional<Expr>> bounds = new ArrayList<>();
    boolean slice = false;
    Optional<Expr> current = Optional.empty();
    while (!tokens.takeOperator("]")) {
      if (tokens.takeOperator(":")) {
        slice = true;
        bounds.add(current);
        current = Optional.empty();
      } else if (current.isPresent()) {
        throw tokens.expected("']'");
      } else {
        current = Optional.of(tuple());
      }
    }
    bounds.add(current);
    if (!slice) {
      Expr key = current.orElseThrow(() -> TemplateException.at(line, "an index is missing"));
      return new Expr.Item(line, target, key);
    }
    if (bounds.size() > 3) {
      throw TemplateException.at(line, "a slice has at most two colons");
    }
    Optional<Expr> step = bounds.size() == 3 ? bounds.get(2) : Optional.empty();
    return new Expr.Slice(line, target, bounds.get(0), bounds.get(1), step);
  }

  private Expr.Passed passed() throws TemplateException {
    tokens.operator("(");
    List<Expr> values = new ArrayList<>();
    Map<String, Expr> named = new LinkedHashMap<>();
    while (!tokens.takeOperator(")")) {
      if (tokens.peek().kind() == Kind.NAME && tokens.peekNext().isOperator("=")) {
        String name = tokens.next().text();
        tokens.operator("=");
        named.put(name, expression());
      } else if (named.isEmpty()) {
        values.add(expression());
      } else {
        throw tokens.expected("a named argument");
      }
      separator(")");
    }
    return new Expr.Passed(values, named);
  }
}
