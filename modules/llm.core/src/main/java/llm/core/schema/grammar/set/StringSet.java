package llm.core.schema.grammar.set;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import llm.core.schema.grammar.UnsupportedSchema;
import llm.core.schema.grammar.automaton.AutomatonTooLarge;
import llm.core.schema.grammar.automaton.Dfa;

/**
 * Strings, read and without quotes.
 *
 * @param min characters
 * @param max characters; {@link #UNBOUNDED}: any number
 * @param language what they have to be in; empty: any
 * @param formats names of the formats that they have to be in
 * @param patterned whether a pattern speaks about them, on whose rarest characters engines differ
 * @param path of the keyword to blame
 */
public record StringSet(
    int min, int max, Optional<Dfa> language, Set<String> formats, boolean patterned, String path) {
  /** No limit. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  /** Every string. */
  public static final StringSet ANY =
      new StringSet(0, UNBOUNDED, Optional.empty(), Set.of(), false, "$");

  /** Copies. */
  public StringSet {
    formats = Set.copyOf(formats);
  }

  /** Strings of so many characters. */
  public static StringSet ofLength(int min, int max, String path) {
    return new StringSet(min, max, Optional.empty(), Set.of(), false, path);
  }

  /** Strings of a language. */
  public static StringSet of(Dfa language, boolean patterned, String path) {
    return new StringSet(0, UNBOUNDED, Optional.of(language), Set.of(), patterned, path);
  }

  /** Strings of a format. */
  public static StringSet ofFormat(String format, String path) {
    return new StringSet(0, UNBOUNDED, Optional.empty(), Set.of(format), false, path);
  }

  /** The same set, whatever asks for it. */
  public StringSet unlocated() {
    return new StringSet(min, max, language, formats, patterned, "$");
  }

  /** Whether nothing is asked of them. */
  public boolean isAny() {
    return min == 0 && max == UNBOUNDED && language.isEmpty() && formats.isEmpty();
  }

  /** What it takes to find {@link #and}, at most. */
  long stepsOfBoth(StringSet other) {
    return language.isPresent() && other.language.isPresent()
        ? Dfa.stepsOfBoth(language.get(), other.language.get())
        : 1;
  }

  /** What is in both. */
  public StringSet and(StringSet other) throws UnsupportedSchema {
    if (isAny() || other.isAny()) {
      return isAny() ? other : this;
    }
    String blamed = other.path.equals("$") ? path : other.path;
    Optional<Dfa> both = language.isPresent() ? language : other.language;
    if (language.isPresent() && other.language.isPresent()) {
      try {
        both = Optional.of(language.get().and(other.language.get()));
      } catch (AutomatonTooLarge tooLarge) {
        throw new UnsupportedSchema(
            blamed,
            "together with what else is asked of the string it takes " + tooLarge.getMessage());
      }
    }
    var formatsOfBoth = new LinkedHashSet<>(formats);
    formatsOfBoth.addAll(other.formats);
    return new StringSet(
        Math.max(min, other.min),
        Math.min(max, other.max),
        both,
        formatsOfBoth,
        patterned || other.patterned,
        blamed);
  }

  /** Whether it is certain that there is none, whatever the formats say. */
  public boolean isEmpty() {
    if (min > max) {
      return true;
    }
    if (language.isEmpty()) {
      return false;
    }
    Dfa own = language.get();
    int longest = own.longest();
    if (own.isEmpty() || longest >= 0 && longest < min) {
      return true;
    }
    if (min == 0 && (max == UNBOUNDED || longest >= 0 && longest <= max)) {
      return false;
    }
    try {
      return own.and(Dfa.ofLength(min, max)).isEmpty();
    } catch (AutomatonTooLarge _) {
      return false; // not certain
    }
  }

  /** All strings, in their order; empty: there may be more than {@code most}. */
  public Optional<List<String>> words(int most) {
    if (language.isEmpty() || !formats.isEmpty()) {
      return Optional.empty();
    }
    return language
        .get()
        .words(most)
        .map(all ->
            all.stream()
                .filter(word -> {
                  int length = word.codePointCount(0, word.length());
                  return length >= min && length <= max;
                })
                .toList());
  }
}
