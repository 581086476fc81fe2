package llm.core.cache;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import llm.core.catalogue.NamePattern;
import llm.core.config.Section;
import llm.core.config.Setting;

/**
 * Which answers are given again; section {@code cache}. Immutable.
 *
 * @param general for models that no rule names
 * @param rules by the name that callers use, the most exact first
 * @param answerBytes the largest answer that is kept, or held while others may still join it; about
 *     two bytes a character
 */
public record CacheSettings(CacheRule general, List<Named> rules, int answerBytes) {

  private static final Setting<Integer> ANSWER_BYTES =
      Setting.integer(
          "answer_bytes",
          1 << 20,
          1 << 10,
          64 << 20,
          "The largest answer that is given again; of a longer one, nothing is kept.");

  /** What is built in. */
  public static final CacheSettings DEFAULTS =
      new CacheSettings(CacheRule.DEFAULT, List.of(), ANSWER_BYTES.fallback().orElseThrow());

  /** The rule of the models or routes of a name. */
  public record Named(NamePattern name, CacheRule rule) {}

  /** Copies the list. */
  public CacheSettings {
    rules = List.copyOf(rules);
  }

  /** Reads the section {@code cache} of the configuration's root. */
  public static CacheSettings read(Section root) {
    Section section = root.section("cache", "Which answers are given again to the same question.");
    CacheRule general = CacheRule.read(section, CacheRule.DEFAULT);
    int answerBytes = section.get(ANSWER_BYTES);
    var rules = new ArrayList<Named>();
    section
        .named("models", "The same by the name that callers use, in which one * is any text.")
        .forEach((name, of) -> {
          CacheRule rule = CacheRule.read(of, general);
          try {
            rules.add(new Named(new NamePattern(name), rule));
          } catch (IllegalArgumentException illegal) {
            of.reject("use", "belongs to a name that will not do: " + illegal.getMessage());
          }
        });
    rules.sort(Comparator.comparing(Named::name, NamePattern.MOST_EXACT_FIRST));
    return new CacheSettings(general, section.isReference() ? List.of() : rules, answerBytes);
  }

  /** The rule of a model or route, by the name that is asked for. */
  public CacheRule rule(String model) {
    for (Named named : rules) {
      if (named.name().match(model).isPresent()) {
        return named.rule();
      }
    }
    return general;
  }
}
