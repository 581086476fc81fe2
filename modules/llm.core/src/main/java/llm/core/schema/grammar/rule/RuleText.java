package llm.core.schema.grammar.rule;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import llm.core.schema.grammar.automaton.CharSet.Range;

/** Rules in the notation of llama.cpp's grammars. */
public final class RuleText {
  private final StringBuilder out = new StringBuilder();

  private RuleText() {}

  /** The text of the rules, one a line. */
  public static String of(Map<String, Expr> rules) {
    var text = new RuleText();
    rules.forEach((name, body) -> {
      text.out.append(name).append(" ::= ");
      text.choices(body);
      text.out.append('\n');
    });
    return text.out.toString();
  }

  private void choices(Expr expr) {
    if (expr instanceof Expr.Alt(List<Expr> choices) && !choices.isEmpty()) {
      join(choices, " | ", this::sequence);
    } else {
      sequence(expr);
    }
  }

  private void sequence(Expr expr) {
    if (expr instanceof Expr.Seq(List<Expr> parts) && !parts.isEmpty()) {
      join(parts, " ", this::item);
    } else {
      item(expr);
    }
  }

  private void join(List<Expr> parts, String between, Consumer<Expr> each) {
    for (int i = 0; i < parts.size(); i++) {
      out.append(i == 0 ? "" : between);
      each.accept(parts.get(i));
    }
  }

  private void item(Expr expr) {
    switch (expr) {
      case Expr.Literal(String text) -> literal(text);
      case Expr.Chars chars -> chars(chars.set().ranges());
      case Expr.Ref(String rule) -> out.append(rule);
      case Expr.Repeat(Expr part, int min, int max) -> repeat(part, min, max);
      case Expr.Seq(List<Expr> parts) when parts.isEmpty() -> out.append("\"\"");
      case Expr.Seq _, Expr.Alt _ -> {
        out.append('(');
        choices(expr);
        out.append(')');
      }
    }
  }

  private void repeat(Expr part, int min, int max) {
    boolean simple =
        part instanceof Expr.Chars
            || part instanceof Expr.Ref
            || part instanceof Expr.Literal(String text)
                && text.codePointCount(0, text.length()) == 1;
    if (simple) {
      item(part);
    } else {
      out.append('(');
      choices(part);
      out.append(')');
    }
    if (max == Expr.UNBOUNDED) {
      out.append(min == 0 ? "*" : min == 1 ? "+" : "{" + min + ",}");
    } else if (min == 0 && max == 1) {
      out.append('?');
    } else {
      out.append('{').append(min).append(min == max ? "" : "," + max).append('}');
    }
  }

  private void literal(String text) {
    out.append('"');
    text.codePoints()
        .forEach(c -> {
          switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            default -> character(c);
          }
        });
    out.append('"');
  }

  private void chars(List<Range> ranges) {
    out.append('[');
    for (Range range : ranges) {
      member(range.first());
      if (range.last() > range.first()) {
        out.append(range.last() > range.first() + 1 ? "-" : "");
        member(range.last());
      }
    }
    out.append(']');
  }

  private void member(int c) {
    switch (c) {
      case ']', '[', '\\', '^', '-', '"' -> out.append("\\x%02X".formatted(c));
      default -> character(c);
    }
  }

  private void character(int c) {
    if (c >= 0x20 && c < 0x7F) {
      out.append((char) c);
    } else if (c < 0x100) {
      out.append("\\x%02X".formatted(c));
    } else if (c < 0x10000) {
      out.append("\\u%04X".formatted(c));
    } else {
      out.append("\\U%08X".formatted(c));
    }
  }
}
