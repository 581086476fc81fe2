package llm.core.catalogue;

import java.util.Comparator;
import java.util.Optional;

/**
 * A name that callers use, or many of them: one {@code *} stands for any text, none among it. Upper
 * and lower case differ, as in models' ids.
 *
 * @param text as the configuration writes it, with at most one {@code *}
 */
public record NamePattern(String text) {
  /** What stands for any text. */
  public static final char STAR = '*';

  /**
   * The most exact first: a name before a pattern, then the pattern with more characters beside its
   * star, then the one with more of them before it. Of two patterns that fit one name, one is
   * always more exact.
   */
  public static final Comparator<NamePattern> MOST_EXACT_FIRST =
      Comparator.comparing(NamePattern::isPattern)
          .thenComparing(Comparator.comparingInt((NamePattern one) -> one.text.length()).reversed())
          .thenComparing(
              Comparator.comparingInt((NamePattern one) -> one.text.indexOf(STAR)).reversed())
          .thenComparing(NamePattern::text);

  /** Rejects a second star, and no text at all. */
  public NamePattern {
    if (text.isBlank() || !text.equals(text.strip())) {
      throw new IllegalArgumentException("a name must have characters, and no blanks at its ends");
    }
    if (text.indexOf(STAR) != text.lastIndexOf(STAR)) {
      throw new IllegalArgumentException("'" + text + "' must have at most one *");
    }
  }

  /** Whether it has a star. */
  public boolean isPattern() {
    return text.indexOf(STAR) >= 0;
  }

  /** What the star stands for in {@code name}, empty text where there is none; empty: no fit. */
  public Optional<String> match(String name) {
    int star = text.indexOf(STAR);
    if (star < 0) {
      return text.equals(name) ? Optional.of("") : Optional.empty();
    }
    String end = text.substring(star + 1);
    int to = name.length() - end.length();
    boolean fits = to >= star && name.startsWith(text.substring(0, star)) && name.endsWith(end);
    return fits ? Optional.of(name.substring(star, to)) : Optional.empty();
  }
}
