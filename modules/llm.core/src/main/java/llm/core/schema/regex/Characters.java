package llm.core.schema.regex;

import java.util.Locale;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Sets of characters that have a name (ECMA-262, CharacterClassEscape and UnicodeProperty). */
final class Characters {
  private static final int NO_BREAK_SPACE = 0xA0;
  private static final int BYTE_ORDER_MARK = 0xFEFF;
  private static final int LINE_SEPARATOR = 0x2028;
  private static final int PARAGRAPH_SEPARATOR = 0x2029;

  /** Names of general categories as Java has them. */
  private static final Map<String, String> CATEGORIES =
      Map.ofEntries(
          Map.entry("Letter", "L"),
          Map.entry("Uppercase_Letter", "Lu"),
          Map.entry("Lowercase_Letter", "Ll"),
          Map.entry("Titlecase_Letter", "Lt"),
          Map.entry("Modifier_Letter", "Lm"),
          Map.entry("Other_Letter", "Lo"),
          Map.entry("Mark", "M"),
          Map.entry("Nonspacing_Mark", "Mn"),
          Map.entry("Spacing_Mark", "Mc"),
          Map.entry("Enclosing_Mark", "Me"),
          Map.entry("Number", "N"),
          Map.entry("Decimal_Number", "Nd"),
          Map.entry("digit", "Nd"),
          Map.entry("Letter_Number", "Nl"),
          Map.entry("Other_Number", "No"),
          Map.entry("Punctuation", "P"),
          Map.entry("punct", "P"),
          Map.entry("Connector_Punctuation", "Pc"),
          Map.entry("Dash_Punctuation", "Pd"),
          Map.entry("Open_Punctuation", "Ps"),
          Map.entry("Close_Punctuation", "Pe"),
          Map.entry("Initial_Punctuation", "Pi"),
          Map.entry("Final_Punctuation", "Pf"),
          Map.entry("Other_Punctuation", "Po"),
          Map.entry("Symbol", "S"),
          Map.entry("Math_Symbol", "Sm"),
          Map.entry("Currency_Symbol", "Sc"),
          Map.entry("Modifier_Symbol", "Sk"),
          Map.entry("Other_Symbol", "So"),
          Map.entry("Separator", "Z"),
          Map.entry("Space_Separator", "Zs"),
          Map.entry("Line_Separator", "Zl"),
          Map.entry("Paragraph_Separator", "Zp"),
          Map.entry("Other", "C"),
          Map.entry("Control", "Cc"),
          Map.entry("Format", "Cf"),
          Map.entry("Surrogate", "Cs"),
          Map.entry("Private_Use", "Co"),
          Map.entry("Unassigned", "Cn"));

  private static final Pattern CATEGORY =
      Pattern.compile("L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfson]?");

  private Characters() {}

  static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  static boolean isWord(int c) {
    return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
  }

  static boolean isSpace(int c) {
    return c >= '\t' && c <= '\r'
        || c == NO_BREAK_SPACE
        || c == BYTE_ORDER_MARK
        || isLineEnd(c)
        || Character.getType(c) == Character.SPACE_SEPARATOR;
  }

  static boolean isLineEnd(int c) {
    return c == '\n' || c == '\r' || c == LINE_SEPARATOR || c == PARAGRAPH_SEPARATOR;
  }

  /**
   * The characters that have a property.
   *
   * @param property as it stands in the braces of {@code \p}, one of a general category, a script,
   *     or a property that is there or not
   */
  static IntPredicate property(String property) throws RegexProblem {
    int equals = property.indexOf('=');
    String kind = equals < 0 ? "" : property.substring(0, equals);
    String value = property.substring(equals + 1);
    return switch (kind) {
      case "" -> category(value) != null ? java("\\p{" + category(value) + "}") : flag(value);
      case "General_Category", "gc" -> {
        if (category(value) == null) {
          throw unknown(property);
        }
        yield java("\\p{" + category(value) + "}");
      }
      case "Script", "sc" -> script(value, property);
      default -> throw unknown(property);
    };
  }

  /** Java's name of a general category; null: there is no such one. */
  private static String category(String value) {
    return CATEGORY.matcher(value).matches() ? value : CATEGORIES.get(value);
  }

  private static IntPredicate script(String value, String property) throws RegexProblem {
    try {
      var script = Character.UnicodeScript.forName(value);
      return c -> Character.UnicodeScript.of(c) == script;
    } catch (IllegalArgumentException _) {
      throw unknown(property);
    }
  }

  private static IntPredicate flag(String value) throws RegexProblem {
    return switch (value) {
      case "Any" -> _ -> true;
      case "ASCII" -> c -> c < 0x80;
      case "Assigned" -> Character::isDefined;
      case "Alphabetic", "Alpha" -> Character::isAlphabetic;
      case "Uppercase", "Upper" -> java("\\p{IsUppercase}");
      case "Lowercase", "Lower" -> java("\\p{IsLowercase}");
      case "White_Space", "space" -> java("\\p{IsWhite_Space}");
      case "ASCII_Hex_Digit", "AHex" -> c -> c < 0x80 && Character.digit(c, 16) >= 0;
      case "Ideographic", "Ideo" -> Character::isIdeographic;
      case "Emoji" -> Character::isEmoji;
      case "Emoji_Presentation", "EPres" -> Character::isEmojiPresentation;
      case "Extended_Pictographic", "ExtPict" -> Character::isExtendedPictographic;
      default -> throw unknown(value);
    };
  }

  /** A set that Java has; {@code set} is one of those above. */
  private static IntPredicate java(String set) throws RegexProblem {
    try {
      Pattern pattern = Pattern.compile(set);
      return c -> pattern.matcher(Character.toString(c)).matches();
    } catch (PatternSyntaxException _) {
      throw unknown(set);
    }
  }

  private static RegexProblem unknown(String property) {
    int most = 40;
    String shown = property.length() <= most ? property : property.substring(0, most) + "…";
    return new RegexProblem(
        String.format(Locale.ROOT, "there is no property '%s' of characters", shown));
  }
}
