package llm.core.schema.grammar.emit;

import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;

/** Values that nothing is asked of, to a depth that ends: a rule for each level. */
final class AnyRules {
  /** Levels of objects and arrays in a value that no schema speaks about. */
  static final int LEVELS = 12;

  private static final int MOST_NAME_CHARS = 64;

  private final Rules rules;
  private final TextRules texts;
  private final NumberRules numbers;

  AnyRules(Rules rules, TextRules texts, NumberRules numbers) {
    this.rules = rules;
    this.texts = texts;
    this.numbers = numbers;
  }

  Expr value() throws UnsupportedSchema {
    return value(LEVELS);
  }

  Expr object() throws UnsupportedSchema {
    return object(LEVELS);
  }

  Expr array() throws UnsupportedSchema {
    return array(LEVELS);
  }

  /** A name without escapes, which is in JSON as it is. */
  Expr name() {
    if (!rules.has("name")) {
      Expr character = new Expr.Chars(TextRules.PLAIN);
      rules.put(
          "name",
          Expr.seq(Expr.text("\""), Expr.repeat(character, 1, MOST_NAME_CHARS), Expr.text("\"")));
    }
    return new Expr.Ref("name");
  }

  private Expr value(int levels) throws UnsupportedSchema {
    String name = leveled("value", levels);
    if (!rules.has(name)) {
      rules.put(name, Expr.NOTHING);
      Expr scalar =
          Expr.alt(
              texts.any(), numbers.any(), Expr.text("true"), Expr.text("false"), Expr.text("null"));
      rules.put(name, levels == 0 ? scalar : Expr.alt(object(levels), array(levels), scalar));
    }
    return new Expr.Ref(name);
  }

  private Expr object(int levels) throws UnsupportedSchema {
    String name = leveled("object", levels);
    if (!rules.has(name)) {
      Expr member = Expr.seq(name(), Expr.text(":"), Expr.SPACE, value(levels - 1));
      rules.put(name, listed("{", member, "}"));
    }
    return new Expr.Ref(name);
  }

  private Expr array(int levels) throws UnsupportedSchema {
    String name = leveled("array", levels);
    if (!rules.has(name)) {
      rules.put(name, listed("[", value(levels - 1), "]"));
    }
    return new Expr.Ref(name);
  }

  private static Expr listed(String begin, Expr each, String end) {
    Expr more = Expr.star(Expr.seq(Expr.text(","), Expr.SPACE, each));
    return Expr.seq(Expr.text(begin), Expr.optional(Expr.seq(each, more)), Expr.text(end));
  }

  private static String leveled(String name, int levels) {
    return levels == LEVELS ? name : name + "-in-" + (LEVELS - levels);
  }
}
