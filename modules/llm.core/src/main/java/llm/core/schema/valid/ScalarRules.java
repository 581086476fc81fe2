package llm.core.schema.valid;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import llm.core.schema.JsonNode;
import llm.core.schema.JsonNode.ArrayNode;
import llm.core.schema.JsonNode.Kind;
import llm.core.schema.JsonNode.NumberNode;
import llm.core.schema.JsonNode.TextNode;
import llm.core.schema.format.Formats;
import llm.core.schema.regex.Regex;
import llm.core.schema.valid.Rule.Fault;
import llm.core.schema.value.Numbers;
import llm.core.schema.value.Values;
import llm.domain.text.Excerpt;

/**
 * What is asked of values of any kind, of numbers and of strings (Validation, section 6.1 to 6.3).
 */
final class ScalarRules {
  private static final int MOST_SHOWN = 8; // of choices, in a message

  private ScalarRules() {}

  static void add(Keywords keywords, Subschema made) throws InvalidSchema {
    if (keywords.has("type")) {
      made.add(type(keywords));
    }
    if (keywords.has("enum")) {
      made.add(choice(keywords));
    }
    keywords.any("const").ifPresent(value -> made.add(constant(value, keywords.place("const"))));
    addNumbers(keywords, made);
    addTexts(keywords, made);
  }

  private static Rule type(Keywords keywords) throws InvalidSchema {
    boolean isList = keywords.any("type").orElseThrow() instanceof ArrayNode;
    List<String> names =
        isList ? keywords.names("type") : List.of(keywords.text("type").orElseThrow());
    var kinds = EnumSet.noneOf(Kind.class);
    for (String name : names) {
      kinds.add(kind(name, keywords));
    }
    boolean wholeOnly = names.contains("integer") && !names.contains("number");
    String wanted =
        names.stream()
            .map(name -> name.equals("integer") ? "a whole number" : wordsOf(name))
            .collect(Collectors.joining(" or "));
    Place place = keywords.place("type");
    return (value, at, _, _) -> {
      boolean fits = kinds.contains(value.kind());
      if (fits && wholeOnly && value instanceof NumberNode number) {
        return Numbers.isWhole(Numbers.of(number))
            ? null
            : new Fault(at, place, expected(wanted, Values.shown(number)));
      }
      return fits ? null : new Fault(at, place, expected(wanted, value.kind().words()));
    };
  }

  private static Kind kind(String name, Keywords keywords) throws InvalidSchema {
    return switch (name) {
      case "object" -> Kind.OBJECT;
      case "array" -> Kind.ARRAY;
      case "string" -> Kind.STRING;
      case "number", "integer" -> Kind.NUMBER;
      case "boolean" -> Kind.BOOLEAN;
      case "null" -> Kind.NULL;
      default ->
          throw keywords.wrong(
              "type", "must be object, array, string, number, integer, boolean or null");
    };
  }

  private static String wordsOf(String name) {
    return Kind.valueOf(name.toUpperCase(Locale.ROOT)).words();
  }

  private static Rule choice(Keywords keywords) throws InvalidSchema {
    if (!(keywords.any("enum").orElseThrow() instanceof ArrayNode choices)) {
      throw keywords.wrong("enum", "must be an array");
    }
    List<JsonNode> values = List.copyOf(choices.elements());
    String wanted = "one of " + listed(values);
    Place place = keywords.place("enum");
    return (value, at, run, _) -> {
      for (JsonNode choice : values) {
        run.spend(Values.stepsToCompare(choice, value));
        if (Values.areSame(choice, value)) {
          return null;
        }
      }
      return new Fault(at, place, expected(wanted, Values.shown(value)));
    };
  }

  private static String listed(List<JsonNode> values) {
    var shown = new ArrayList<String>();
    values.stream().limit(MOST_SHOWN).map(Values::shown).forEach(shown::add);
    if (values.size() > MOST_SHOWN) {
      shown.add("…");
    }
    return String.join(", ", shown);
  }

  private static Rule constant(JsonNode wanted, Place place) {
    return (value, at, run, _) -> {
      run.spend(Values.stepsToCompare(wanted, value));
      return Values.areSame(wanted, value)
          ? null
          : new Fault(
              at, place, expected("the value " + Values.shown(wanted), Values.shown(value)));
    };
  }

  private static void addNumbers(Keywords keywords, Subschema made) throws InvalidSchema {
    bound(keywords, made, "minimum", "a number of at least ", order -> order >= 0);
    bound(keywords, made, "maximum", "a number of at most ", order -> order <= 0);
    bound(keywords, made, "exclusiveMinimum", "a number greater than ", order -> order > 0);
    bound(keywords, made, "exclusiveMaximum", "a number less than ", order -> order < 0);
    Optional<BigDecimal> factor = keywords.number("multipleOf");
    if (factor.isPresent() && factor.get().signum() <= 0) {
      throw keywords.wrong("multipleOf", "must be greater than 0");
    }
    factor.ifPresent(of ->
        made.add(
            number(
                keywords.place("multipleOf"),
                "a multiple of " + Values.shown(of.toString()),
                number -> Numbers.isMultiple(number, of))));
  }

  /** How a number stands to a bound: as {@link BigDecimal#compareTo} says it. */
  @FunctionalInterface
  private interface Order {
    boolean fits(int order);
  }

  private static void bound(
      Keywords keywords, Subschema made, String keyword, String words, Order order)
      throws InvalidSchema {
    Optional<BigDecimal> bound = keywords.number(keyword);
    bound.ifPresent(than ->
        made.add(
            number(
                keywords.place(keyword),
                words + Values.shown(than.toString()),
                number -> order.fits(number.compareTo(than)))));
  }

  private static Rule number(Place place, String wanted, Predicate<BigDecimal> fits) {
    return (value, at, _, _) ->
        !(value instanceof NumberNode number) || fits.test(Numbers.of(number))
            ? null
            : new Fault(at, place, expected(wanted, Values.shown(number)));
  }

  private static void addTexts(Keywords keywords, Subschema made) throws InvalidSchema {
    OptionalLong least = keywords.count("minLength");
    OptionalLong most = keywords.count("maxLength");
    least.ifPresent(min ->
        made.add(length(keywords.place("minLength"), "at least " + min, length -> length >= min)));
    most.ifPresent(max ->
        made.add(length(keywords.place("maxLength"), "at most " + max, length -> length <= max)));
    Optional<Regex> pattern = keywords.regex("pattern");
    pattern.ifPresent(regex -> made.add(pattern(keywords.place("pattern"), regex)));
    Optional<String> format = keywords.text("format");
    format
        .flatMap(Formats::named)
        .ifPresent(fits -> made.add(format(keywords.place("format"), format.get(), fits)));
  }

  private static Rule length(Place place, String wanted, Predicate<Integer> fits) {
    return (value, at, run, _) -> {
      if (!(value instanceof TextNode text)) {
        return null;
      }
      run.spend(text.length() / 16);
      int length = text.text().codePointCount(0, text.length());
      return fits.test(length)
          ? null
          : new Fault(at, place, expected(wanted + " characters", length + " of them"));
    };
  }

  private static Rule pattern(Place place, Regex regex) {
    String wanted = "a string that matches " + Excerpt.of(regex.toString());
    return (value, at, run, _) ->
        !(value instanceof TextNode text) || regex.find(text.text(), run::spend)
            ? null
            : new Fault(at, place, expected(wanted, "one that does not"));
  }

  private static Rule format(Place place, String name, Predicate<String> fits) {
    return (value, at, run, _) -> {
      if (!(value instanceof TextNode text)) {
        return null;
      }
      run.spend(text.length() / 16);
      return fits.test(text.text())
          ? null
          : new Fault(at, place, expected("a string of the format " + name, "another one"));
    };
  }

  static String expected(String wanted, String found) {
    return "expected " + wanted + ", found " + found;
  }
}
