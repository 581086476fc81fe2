package llm.core.template.jinja;

import java.util.List;
import llm.core.template.jinja.Token.Kind;
import llm.core.template.value.TemplateException;

/** The words of a template, read from front to back. */
final class Tokens {
  /** Expressions and blocks inside each other. */
  private static final int MAX_DEPTH = 150;

  private final List<Token> tokens;
  private int at;
  private int depth;

  Tokens(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekNext() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  int line() {
    return peek().line();
  }

  Token next() {
    Token token = peek();
    at = Math.min(at + 1, tokens.size() - 1);
    return token;
  }

  boolean takeOperator(String operator) {
    boolean there = peek().isOperator(operator);
    at += there ? 1 : 0;
    return there;
  }

  boolean takeName(String name) {
    boolean there = peek().isName(name);
    at += there ? 1 : 0;
    return there;
  }

  void operator(String operator) throws TemplateException {
    if (!takeOperator(operator)) {
      throw expected("'" + operator + "'");
    }
  }

  void name(String name) throws TemplateException {
    if (!takeName(name)) {
      throw expected("'" + name + "'");
    }
  }

  String anyName() throws TemplateException {
    return take(Kind.NAME, "a name");
  }

  void end(Kind kind) throws TemplateException {
    take(kind, "the end of the tag");
  }

  private String take(Kind kind, String what) throws TemplateException {
    if (peek().kind() != kind) {
      throw expected(what);
    }
    return next().text();
  }

  void enter() throws TemplateException {
    if (++depth > MAX_DEPTH) {
      throw TemplateException.at(line(), "it is nested deeper than " + MAX_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }

  TemplateException expected(String what) {
    return TemplateException.at(line(), what + " was expected, found " + peek().shown());
  }
}
