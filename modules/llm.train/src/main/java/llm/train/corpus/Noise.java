package llm.train.corpus;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * What users do to a question when they type it: polite words around it, small words left out,
 * capitals or none, a question mark or none, a slip of the finger. All of it happens to questions
 * of topics and to others alike, so that it tells nothing. Immutable.
 */
final class Noise {
  private static final Pattern ASKS =
      Pattern.compile(
          "(?iu)(how|what|which|where|who|whom|whose|can|is|are|do|does|did|should|why|could|when|"
              + "will|would|may|must|has|have|как|какой|какая|какое|какие|каким|какую|кто|что|чем|"
              + "где|куда|откуда|когда|зачем|почему|сколько|можно|нужен|нужна|нужно|нужны|есть|"
              + "чей|ты|вы|умеешь|умеет)\\b.*");
  private static final Set<String> SMALL_WORDS =
      Set.of(
          "the",
          "a",
          "an",
          "do",
          "does",
          "is",
          "i",
          "to",
          "my",
          "it",
          "of",
          "please",
          "me",
          "are",
          "мне",
          "ли",
          "а",
          "и",
          "это",
          "у",
          "мой",
          "же",
          "пожалуйста",
          "вообще",
          "бы");
  private static final List<String> KEY_ROWS =
      List.of("qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю");

  private final Map<String, Phrase> lists;

  /**
   * Noise with the lists {@code before_en}, {@code after_en}, {@code before_ru} and {@code
   * after_ru}: what is said around questions.
   */
  Noise(Map<String, Phrase> lists) {
    this.lists = lists;
  }

  /** The question as somebody may type it. */
  String on(String question, Language language, RandomGenerator random) {
    boolean asks = ASKS.matcher(question).matches();
    String text = question;
    if (random.nextInt(100) < 20) {
      text = withoutSmallWords(text, random);
    }
    text = around(text, language == Language.ENGLISH ? "_en" : "_ru", random);
    text = language == Language.RUSSIAN ? russian(text, random) : text;
    text = capitals(text, random);
    if (random.nextInt(100) < 12) {
      text = slipped(text, random);
    }
    return text + mark(text, asks, random);
  }

  private String around(String text, String ending, RandomGenerator random) {
    int lot = random.nextInt(100);
    if (lot < 14) {
      return lists.get("before" + ending).pick(random) + " " + text;
    }
    return lot < 20 ? text + " " + lists.get("after" + ending).pick(random) : text;
  }

  private static String withoutSmallWords(String text, RandomGenerator random) {
    var kept = new StringBuilder();
    for (String word : text.split(" ")) {
      boolean small = SMALL_WORDS.contains(word.toLowerCase(Locale.ROOT));
      if (!small || random.nextInt(3) == 0) {
        kept.append(kept.isEmpty() ? "" : " ").append(word);
      }
    }
    return kept.isEmpty() ? text : kept.toString();
  }

  private static String russian(String text, RandomGenerator random) {
    return random.nextInt(100) < 80 ? text.replace('ё', 'е').replace('Ё', 'Е') : text;
  }

  private static String capitals(String text, RandomGenerator random) {
    int lot = random.nextInt(100);
    if (lot < 50) {
      return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }
    if (lot < 75) {
      return text.toLowerCase(Locale.ROOT);
    }
    return lot < 77 ? text.toUpperCase(Locale.ROOT) : text;
  }

  private static String mark(String text, boolean asks, RandomGenerator random) {
    if ("?!.)".indexOf(text.charAt(text.length() - 1)) >= 0) {
      return "";
    }
    int lot = random.nextInt(100);
    if (asks ? lot < 55 : lot < 8) {
      return lot % 20 == 0 ? "??" : "?";
    }
    if (lot >= 94) {
      return "!";
    }
    return lot >= (asks ? 90 : 75) ? "." : "";
  }

  /** With one letter left out, doubled, swapped with the next or hit beside. */
  private static String slipped(String text, RandomGenerator random) {
    if (text.length() < 6) {
      return text;
    }
    int at = 1 + random.nextInt(text.length() - 2);
    char c = text.charAt(at);
    if (!Character.isLetter(c)) {
      return text;
    }
    String before = text.substring(0, at);
    String behind = text.substring(at + 1);
    return switch (random.nextInt(4)) {
      case 0 -> before + behind;
      case 1 -> before + c + c + behind;
      case 2 -> before + behind.charAt(0) + c + behind.substring(1);
      default -> before + beside(c, random) + behind;
    };
  }

  private static char beside(char c, RandomGenerator random) {
    for (String row : KEY_ROWS) {
      int at = row.indexOf(c);
      if (at >= 0) {
        int next = at == 0 || at + 1 < row.length() && random.nextBoolean() ? at + 1 : at - 1;
        return row.charAt(next);
      }
    }
    return c;
  }
}
