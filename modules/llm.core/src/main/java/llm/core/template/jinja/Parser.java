package llm.core.template.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.template.jinja.Token.Kind;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Value;

/** Reads statements. */
final class Parser {
  private final Tokens tokens;
  private final ExprParser expressions;
  private int loops;

  private Parser(Tokens tokens) {
    this.tokens = tokens;
    this.expressions = new ExprParser(tokens);
  }

  static List<Node> parse(String template) throws TemplateException {
    var tokens = new Tokens(Lexer.tokens(template));
    var parser = new Parser(tokens);
    List<Node> nodes = parser.body(Set.of());
    if (tokens.peek().kind() != Kind.END) {
      throw TemplateException.at(
          tokens.line(), "'" + tokens.peekNext().text() + "' ends nothing that was begun");
    }
    parser.expressions.refuse(0);
    return nodes;
  }

  /** Nodes up to one of {@code ends}, whose name is the next token but one. */
  private List<Node> body(Set<String> ends) throws TemplateException {
    tokens.enter();
    List<Node> nodes = new ArrayList<>();
    while (true) {
      Token token = tokens.peek();
      switch (token.kind()) {
        case WORDS -> nodes.add(new Node.Words(token.line(), tokens.next().text()));
        case PRINT_BEGIN -> {
          tokens.next();
          nodes.add(new Node.Print(token.line(), expressions.tuple()));
          tokens.end(Kind.PRINT_END);
        }
        case BLOCK_BEGIN -> {
          String name = tokens.peekNext().text();
          if (ends.contains(name) || name.startsWith("end") || isBranch(name)) {
            requireEnd(ends, name);
            tokens.leave();
            return nodes;
          }
          tokens.next();
          nodes.add(statement());
        }
        case END -> {
          if (!ends.isEmpty()) {
            throw TemplateException.at(token.line(), "'" + last(ends) + "' is missing");
          }
          tokens.leave();
          return nodes;
        }
        default -> throw tokens.expected("text or a tag");
      }
    }
  }

  private static boolean isBranch(String name) {
    return name.equals("else") || name.equals("elif");
  }

  private void requireEnd(Set<String> ends, String name) throws TemplateException {
    if (!ends.isEmpty() && !ends.contains(name)) {
      throw TemplateException.at(
          tokens.line(), "'" + last(ends) + "' was expected, found '" + name + "'");
    }
  }

  private static String last(Set<String> ends) {
    return ends.stream().filter(end -> end.startsWith("end")).findFirst().orElse("the end");
  }

  private Node statement() throws TemplateException {
    int line = tokens.line();
    String name = tokens.anyName();
    return switch (name) {
      case "if" -> conditional(line);
      case "for" -> loop(line);
      case "set" -> set(line);
      case "macro" -> macro(line);
      case "filter" -> filterBlock(line);
      case "generation" -> {
        tokens.end(Kind.BLOCK_END);
        yield new Node.Group(line, block("endgeneration"));
      }
      case "break", "continue" -> {
        if (loops == 0) {
          throw TemplateException.at(line, "'" + name + "' is only for loops");
        }
        tokens.end(Kind.BLOCK_END);
        yield name.equals("break") ? new Node.Break(line) : new Node.Continue(line);
      }
      default -> throw TemplateException.at(line, "the statement '" + name + "' is not known here");
    };
  }

  /** A body and its end tag. */
  private List<Node> block(String end) throws TemplateException {
    int known = expressions.unknown();
    List<Node> body = body(Set.of(end));
    endTag(end);
    if (!end.equals("endgeneration")) {
      expressions.refuse(known);
    }
    return body;
  }

  private void endTag(String end) throws TemplateException {
    tokens.next();
    tokens.name(end);
    if (end.equals("endmacro") && tokens.peek().kind() == Kind.NAME) {
      tokens.next(); // the macro's name again
    }
    tokens.end(Kind.BLOCK_END);
  }

  private Node conditional(int line) throws TemplateException {
    int known = expressions.unknown();
    List<Node.Branch> branches = new ArrayList<>();
    Optional<Expr> condition = Optional.of(expressions.tuple());
    while (true) {
      tokens.end(Kind.BLOCK_END);
      boolean last = condition.isEmpty();
      List<Node> body = body(last ? Set.of("endif") : Set.of("elif", "else", "endif"));
      branches.add(new Node.Branch(condition, body));
      if (tokens.peekNext().isName("endif")) {
        endTag("endif");
        expressions.forgive(known);
        return new Node.If(line, branches);
      }
      tokens.next();
      condition =
          tokens.next().isName("elif") ? Optional.of(expressions.tuple()) : Optional.empty();
    }
  }

  private Node loop(int line) throws TemplateException {
    List<String> names = names();
    tokens.name("in");
    Expr items = expressions.or();
    int known = expressions.unknown();
    Optional<Expr> filter =
        tokens.takeName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    if (tokens.peek().isName("recursive")) {
      throw TemplateException.at(line, "a 'recursive' loop is not known here");
    }
    tokens.end(Kind.BLOCK_END);
    loops++;
    List<Node> body = body(Set.of("else", "endfor"));
    loops--;
    List<Node> otherwise = List.of();
    if (tokens.peekNext().isName("else")) {
      tokens.next();
      tokens.next();
      tokens.end(Kind.BLOCK_END);
      otherwise = body(Set.of("endfor"));
    }
    endTag("endfor");
    expressions.refuse(known); // even within a condition, as in Jinja
    return new Node.For(line, names, items, filter, body, otherwise);
  }

  /** Names with commas between them, in brackets or not. */
  private List<String> names() throws TemplateException {
    boolean bracket = tokens.takeOperator("(");
    List<String> names = new ArrayList<>(List.of(tokens.anyName()));
    while (tokens.takeOperator(",")) {
      names.add(tokens.anyName());
    }
    if (bracket) {
      tokens.operator(")");
    }
    return names;
  }

  private Node set(int line) throws TemplateException {
    if (tokens.peekNext().isOperator(".")) {
      String space = tokens.anyName();
      tokens.operator(".");
      String field = tokens.anyName();
      tokens.operator("=");
      var set = new Node.SetField(line, space, field, expressions.tuple());
      tokens.end(Kind.BLOCK_END);
      return set;
    }
    List<String> names = names();
    if (tokens.takeOperator("=")) {
      var set = new Node.Set(line, names, expressions.tuple());
      tokens.end(Kind.BLOCK_END);
      return set;
    }
    if (names.size() > 1) {
      throw tokens.expected("'='");
    }
    List<Expr.Filter> filters = new ArrayList<>();
    while (tokens.peek().isOperator("|")) {
      filters.add(expressions.filter(new Expr.Literal(line, Value.NONE)));
    }
    tokens.end(Kind.BLOCK_END);
    return new Node.SetBlock(line, names.getFirst(), filters, block("endset"));
  }

  private Node filterBlock(int line) throws TemplateException {
    var nothing = new Expr.Literal(line, Value.NONE);
    List<Expr.Filter> filters = new ArrayList<>(List.of(expressions.filterName(nothing)));
    while (tokens.peek().isOperator("|")) {
      filters.add(expressions.filter(nothing));
    }
    tokens.end(Kind.BLOCK_END);
    return new Node.FilterBlock(line, filters, block("endfilter"));
  }

  private Node macro(int line) throws TemplateException {
    String name = tokens.anyName();
    List<String> names = new ArrayList<>();
    List<Expr> defaults = new ArrayList<>();
    tokens.operator("(");
    while (!tokens.takeOperator(")")) {
      names.add(tokens.anyName());
      if (tokens.takeOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.expected("a default");
      }
      if (!tokens.peek().isOperator(")")) {
        tokens.operator(",");
      }
    }
    tokens.end(Kind.BLOCK_END);
    int outside = loops;
    loops = 0;
    List<Node> body = block("endmacro");
    loops = outside;
    return new Node.Macro(line, name, names, defaults, body);
  }
}
