package llm.train.corpus;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads a phrase: <code>{a|b|}</code> is one of several, also nested, and <code>&lt;name&gt;</code>
 * an entry of the word list of that name.
 */
final class PhraseReader {
  private final String text;
  private final Map<String, Phrase> lists;
  private int at;

  private PhraseReader(String text, Map<String, Phrase> lists) {
    this.text = text;
    this.lists = lists;
  }

  /**
   * The phrase.
   *
   * @param lists word lists by name
   * @throws IllegalArgumentException with what is wrong, when it is no phrase
   */
  static Phrase read(String text, Map<String, Phrase> lists) {
    var reader = new PhraseReader(text, lists);
    Phrase phrase = reader.sequence(false);
    if (reader.at < text.length()) {
      throw wrong("has a '%c' without a '{' before it", text.charAt(reader.at));
    }
    return phrase;
  }

  /** Up to the end, or within braces up to a bar or the closing brace. */
  private Phrase sequence(boolean within) {
    List<Phrase> parts = new ArrayList<>();
    var words = new StringBuilder();
    while (at < text.length() && text.charAt(at) != '}' && !(within && text.charAt(at) == '|')) {
      char c = text.charAt(at++);
      if (c == '{' || c == '<') {
        flush(words, parts);
        parts.add(c == '{' ? choice() : list());
      } else {
        words.append(c);
      }
    }
    flush(words, parts);
    return parts.size() == 1 ? parts.getFirst() : new Phrase.Sequence(parts);
  }

  private Phrase choice() {
    List<Phrase> options = new ArrayList<>();
    do {
      options.add(sequence(true));
      if (at == text.length()) {
        throw wrong("has a '{' without its '}'");
      }
    } while (text.charAt(at++) == '|');
    return new Phrase.Choice(options);
  }

  private Phrase list() {
    int end = text.indexOf('>', at);
    if (end < 0) {
      throw wrong("has a '<' without its '>'");
    }
    String name = text.substring(at, end);
    at = end + 1;
    Phrase list = lists.get(name);
    if (list == null) {
      throw wrong("names the word list <%s>, which words.txt does not have before it", name);
    }
    return list;
  }

  private static void flush(StringBuilder words, List<Phrase> parts) {
    if (!words.isEmpty()) {
      parts.add(new Phrase.Text(words.toString()));
      words.setLength(0);
    }
  }

  private static IllegalArgumentException wrong(String format, Object... arguments) {
    return new IllegalArgumentException("the phrase " + format.formatted(arguments));
  }
}
