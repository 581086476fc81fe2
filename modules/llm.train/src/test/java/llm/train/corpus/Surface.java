package llm.train.corpus;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Texts as they compare: letters and digits alone, small, ё as е. */
final class Surface {
  private static final Pattern OTHERS = Pattern.compile("[^\\p{L}\\p{N}@]+");

  private Surface() {}

  static String of(String text) {
    return OTHERS.matcher(text.toLowerCase(Locale.ROOT).replace('ё', 'е')).replaceAll("");
  }

  /** What matches the surface of each form of a phrase, and nothing else. */
  static Pattern pattern(Phrase phrase) {
    return Pattern.compile(expression(phrase));
  }

  private static String expression(Phrase phrase) {
    return switch (phrase) {
      case Phrase.Text(String text) -> of(text);
      case Phrase.Choice(var options) ->
          options.stream()
              .map(Surface::expression)
              .distinct()
              .collect(Collectors.joining("|", "(?:", ")"));
      case Phrase.Sequence(var parts) ->
          parts.stream().map(Surface::expression).collect(Collectors.joining());
    };
  }
}
