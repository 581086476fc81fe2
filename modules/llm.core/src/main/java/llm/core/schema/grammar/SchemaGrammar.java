package llm.core.schema.grammar;

import java.util.Map;
import llm.core.schema.grammar.document.SchemaDocument;
import llm.core.schema.grammar.emit.ValueRules;
import llm.core.schema.grammar.read.SetReader;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.RuleText;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.set.Demand;

/**
 * Makes grammars of JSON Schemas (2020-12). A text that a grammar lets through is JSON and fits the
 * schema. Not every text that fits is let through: members stand in the order of the schema, names
 * that it does not declare are written only where it speaks about them, there is at most one space
 * behind a colon or comma, and numbers have no more digits than a double keeps. What cannot be held
 * is refused. Stateless.
 */
public final class SchemaGrammar {
  private static final int MOST_CHARS = 256 * 1024;

  private SchemaGrammar() {}

  /**
   * The grammar of a schema. Takes milliseconds; some hundred where patterns are large.
   *
   * @param jsonSchema its text
   * @throws UnsupportedSchema when it is no schema, when nothing fits it, or when no grammar can
   *     hold it
   */
  public static Grammar of(String jsonSchema) throws UnsupportedSchema {
    SchemaDocument document = SchemaDocument.of(jsonSchema);
    var rules = new Rules();
    new ValueRules(rules, new SetReader(document)).root(Demand.of(document.root()));
    return grammar(rules);
  }

  /** The grammar of any JSON object, with values nested to a depth that ends. */
  public static Grammar anyObject() {
    return AnyObject.GRAMMAR;
  }

  private static Grammar grammar(Rules rules) throws UnsupportedSchema {
    Map<String, Expr> pruned = rules.pruned();
    if (pruned.isEmpty()) {
      throw new UnsupportedSchema("$", "no finite value fits the schema");
    }
    String text = RuleText.of(pruned);
    if (text.length() > MOST_CHARS) {
      throw new UnsupportedSchema(
          "$",
          "the grammar has "
              + text.length()
              + " characters; at most "
              + MOST_CHARS
              + " are held. Shorten enums and patterns");
    }
    return new Grammar(text);
  }

  /** Made when it is first asked for. */
  private static final class AnyObject {
    static final Grammar GRAMMAR = made();

    private static Grammar made() {
      try {
        var rules = new Rules();
        SchemaDocument nothing = SchemaDocument.of("true");
        new ValueRules(rules, new SetReader(nothing)).anyObject();
        return grammar(rules);
      } catch (UnsupportedSchema bug) {
        throw new IllegalStateException(bug);
      }
    }
  }
}
