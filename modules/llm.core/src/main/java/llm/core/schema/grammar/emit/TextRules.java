package llm.core.schema.grammar.emit;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.CharSet;
import llm.core.schema.grammar.automaton.CharSet.Range;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.automaton.Nfa;
import llm.core.schema.grammar.automaton.Regex;
import llm.core.schema.grammar.rule.Expr;
import llm.core.schema.grammar.rule.Rules;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.text.Format;

/** Strings as rules. */
final class TextRules {
  /** What stands for itself in a string of JSON. */
  static final CharSet PLAIN = CharSet.ALL.without(CharSet.ofPairs("\u0000\u001f\"\"\\\\"));

  /** Characters on which engines of patterns differ: blanks and ends of lines beyond ASCII. */
  private static final CharSet DOUBTFUL =
      CharSet.ofPairs(
          "\u000b\u000b\u0085\u0085\u00a0\u00a0\u1680\u1680\u2000\u200a\u2028\u2029\u202f\u202f\u205f\u205f\u3000\u3000"
              + "\ufeff\ufeff\r\r\n\n");

  /** What stands for itself in JSON and is the same for all engines. */
  static final CharSet CERTAIN = PLAIN.without(DOUBTFUL);

  private static final String SHORT = "\b\f\n\r\t";
  private static final String SHORT_NAMES = "bfnrt";
  private static final int MOST_RARE = 4;

  private final Rules rules;
  private final Map<String, Expr> formats = new HashMap<>();

  TextRules(Rules rules) {
    this.rules = rules;
  }

  /** A string of these sets. */
  Expr of(List<StringSet> sets, String name) throws UnsupportedSchema {
    var plain = new ArrayList<Expr>();
    Dfa language = Dfa.NONE;
    String path = "$";
    for (StringSet set : sets) {
      if (set.isAny()) {
        return any();
      }
      Optional<Expr> simple = simple(set);
      if (simple.isPresent()) {
        plain.add(simple.get());
        continue;
      }
      try {
        path = set.path();
        language = language.or(language(set));
      } catch (AutomatonTooLarge tooLarge) {
        throw new UnsupportedSchema(
            path, "length, pattern and format together take " + tooLarge.getMessage());
      }
    }
    if (!language.isEmpty()) {
      Expr inside = AutomatonRules.of(rules, language, TextRules::escaped, name, path);
      plain.add(Expr.seq(Expr.text("\""), inside, Expr.text("\"")));
    }
    return Expr.alt(plain);
  }

  /** Any string, with all escapes but those of halves of characters. */
  Expr any() throws UnsupportedSchema {
    if (!rules.has("string")) {
      Expr character = character();
      rules.put("string", Expr.seq(Expr.text("\""), Expr.star(character), Expr.text("\"")));
    }
    return new Expr.Ref("string");
  }

  private Expr character() throws UnsupportedSchema {
    if (!rules.has("char")) {
      Expr hex = rules.put("hex", new Expr.Chars(CharSet.ofPairs("09afAF")));
      Expr d = new Expr.Chars(CharSet.ofPairs("ddDD"));
      Expr notD = new Expr.Chars(CharSet.ofPairs("09acefACEF"));
      Expr low = new Expr.Chars(CharSet.ofPairs("07"));
      Expr high = new Expr.Chars(CharSet.ofPairs("89abAB"));
      Expr rest = new Expr.Chars(CharSet.ofPairs("cfCF"));
      Expr two = Expr.repeat(hex, 2, 2);
      Expr pair = Expr.seq(high, two, Expr.text("\\u"), d, rest, two);
      Expr unicode =
          Expr.seq(
              Expr.text("u"),
              Expr.alt(
                  Expr.seq(notD, Expr.repeat(hex, 3, 3)),
                  Expr.seq(d, Expr.alt(Expr.seq(low, two), pair))));
      Expr named = new Expr.Chars(CharSet.ofPairs("\"\"\\\\//bbffnnrrtt"));
      rules.put(
          "char",
          Expr.alt(new Expr.Chars(PLAIN), Expr.seq(Expr.text("\\"), Expr.alt(named, unicode))));
    }
    return new Expr.Ref("char");
  }

  /** What can be said without an automaton. */
  private Optional<Expr> simple(StringSet set) throws UnsupportedSchema {
    if (set.language().isPresent()) {
      return Optional.empty();
    }
    Expr quote = Expr.text("\"");
    if (set.formats().isEmpty()) {
      Expr inside = rules.repeat(character(), set.min(), set.max(), set.path());
      return Optional.of(Expr.seq(quote, inside, quote));
    }
    if (set.formats().size() > 1) {
      return Optional.empty();
    }
    String name = set.formats().iterator().next();
    Format format = Format.of(name).orElseThrow();
    int longest = format.dfa().longest();
    boolean within =
        set.min() == 0
            && (set.max() == StringSet.UNBOUNDED || longest >= 0 && longest <= set.max());
    return within ? Optional.of(format(name, format)) : Optional.empty();
  }

  private Expr format(String name, Format format) throws UnsupportedSchema {
    Expr known = formats.get(name);
    if (known == null) {
      Expr quote = Expr.text("\"");
      known = rules.put(rules.name(name, "$"), Expr.seq(quote, expression(format.regex()), quote));
      formats.put(name, known);
    }
    return known;
  }

  private static Expr expression(Regex regex) {
    return switch (regex) {
      case Regex.Chars(CharSet set) -> escaped(set);
      case Regex.Seq(List<Regex> parts) ->
          Expr.seq(parts.stream().map(TextRules::expression).toList());
      case Regex.Alt(List<Regex> choices) ->
          Expr.alt(choices.stream().map(TextRules::expression).toList());
      case Regex.Repeat(Regex part, int min, int max) -> Expr.repeat(expression(part), min, max);
      case Regex.Start _, Regex.End _ -> Expr.EMPTY;
    };
  }

  private static Dfa language(StringSet set) throws AutomatonTooLarge {
    Dfa language = set.language().orElse(Dfa.ALL);
    int max = set.max();
    for (String name : set.formats()) {
      Format format = Format.of(name).orElseThrow();
      boolean brief = format.brief().isPresent() && format.dfa().longest() > set.max();
      max = brief ? Math.min(max, Format.SHORT) : max;
      language = language.and(brief ? format.brief().get() : format.dfa());
    }
    if (set.patterned()) {
      var certain = new Regex.Chars(DOUBTFUL.not());
      language = language.and(Nfa.whole(new Regex.Repeat(certain, 0, Regex.UNBOUNDED)));
    }
    int longest = language.longest();
    boolean within = max == StringSet.UNBOUNDED || longest >= 0 && longest <= max;
    return set.min() == 0 && within
        ? language
        : language.and(Dfa.ofLength(set.min(), within ? StringSet.UNBOUNDED : max));
  }

  /** A text in quotes. */
  static Expr quoted(String text) {
    var parts = new ArrayList<Expr>();
    parts.add(Expr.text("\""));
    text.codePoints().forEach(c -> parts.add(escaped(CharSet.of(c))));
    parts.add(Expr.text("\""));
    return Expr.seq(parts);
  }

  /** Characters as a string of JSON has them: for themselves, else by their shortest escape. */
  static Expr escaped(CharSet set) {
    var choices = new ArrayList<Expr>();
    CharSet plain = set.and(PLAIN);
    if (plain.size() == 1) {
      choices.add(Expr.text(Character.toString(plain.ranges().getFirst().first())));
    } else if (!plain.isEmpty()) {
      choices.add(new Expr.Chars(plain));
    }
    CharSet rest = set.without(PLAIN);
    var rare = new ArrayList<Expr>();
    for (Range range : rest.ranges()) {
      for (int c = range.first(); c <= range.last(); c++) {
        int shortName = SHORT.indexOf(c);
        if (c == '"' || c == '\\') {
          choices.add(Expr.text("\\" + (char) c));
        } else if (shortName >= 0) {
          choices.add(Expr.text("\\" + SHORT_NAMES.charAt(shortName)));
        } else {
          rare.add(Expr.text("\\u%04x".formatted(c)));
        }
      }
    }
    if (choices.isEmpty() || rare.size() <= MOST_RARE) {
      choices.addAll(rare);
    }
    return Expr.alt(choices);
  }
}
