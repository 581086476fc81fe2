package llm.core.schema.grammar.read;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.Dfa;
import llm.core.schema.grammar.automaton.Effort;
import llm.core.schema.grammar.automaton.Nfa;
import llm.core.schema.grammar.automaton.Regex;
import llm.core.schema.grammar.set.StringSet;
import llm.core.schema.grammar.text.Format;
import llm.core.schema.grammar.text.Pattern;
import llm.core.schema.grammar.text.PatternProblem;

/** The keywords about strings. */
final class StringKeywords {
  /** What all patterns of a schema may take together, in states. */
  private static final long MOST_WORK = 40_000;

  private final Map<String, Dfa> patterns = new HashMap<>();
  private final Effort effort = new Effort(); // of all patterns together
  private long work;

  StringSet of(Keywords keywords) throws UnsupportedSchema {
    StringSet set = StringSet.ANY;
    if (keywords.has("minLength") || keywords.has("maxLength")) {
      set =
          StringSet.ofLength(
              keywords.count("minLength", 0),
              keywords.count("maxLength", StringSet.UNBOUNDED),
              keywords.firstPath("maxLength", "minLength"));
    }
    Optional<String> pattern = keywords.text("pattern");
    if (pattern.isPresent()) {
      String path = keywords.path("pattern");
      set = set.and(StringSet.of(pattern(pattern.get(), path), true, path));
    }
    Optional<String> format = keywords.text("format");
    if (format.isPresent() && Format.isKnown(format.get())) {
      String path = keywords.path("format");
      if (Format.of(format.get()).isEmpty()) {
        throw new UnsupportedSchema(path, "strings of this format cannot be held by a grammar");
      }
      set = set.and(StringSet.ofFormat(format.get(), path));
    }
    return set;
  }

  /** The strings in which a pattern is found. */
  Dfa pattern(String pattern, String path) throws UnsupportedSchema {
    Dfa known = patterns.get(pattern);
    if (known == null) {
      try {
        Regex regex = Pattern.read(pattern);
        work += regex.size();
        if (work > MOST_WORK) {
          throw new UnsupportedSchema(
              path, "the patterns of the schema take more than " + MOST_WORK + " states together");
        }
        known = Nfa.found(regex, effort);
        work += known.states();
      } catch (PatternProblem problem) {
        throw new UnsupportedSchema(path, problem.getMessage());
      } catch (AutomatonTooLarge tooLarge) {
        throw new UnsupportedSchema(path, "the pattern takes " + tooLarge.getMessage());
      }
      patterns.put(pattern, known);
    }
    return known;
  }

  StringSet ofWords(Set<String> words, String path) throws UnsupportedSchema {
    try {
      return StringSet.of(Dfa.ofWords(words), false, path);
    } catch (AutomatonTooLarge tooLarge) {
      throw new UnsupportedSchema(path, "the values take " + tooLarge.getMessage());
    }
  }

  StringSet allBut(Dfa language, boolean patterned, String path) throws UnsupportedSchema {
    try {
      return StringSet.of(language.not(), patterned, path);
    } catch (AutomatonTooLarge tooLarge) {
      throw new UnsupportedSchema(path, "all other strings take " + tooLarge.getMessage());
    }
  }
}
