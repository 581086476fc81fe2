package llm.core.template.jinja;

import java.math.BigInteger;
import java.util.Optional;
import java.util.Set;
import llm.core.template.value.Arguments;
import llm.core.template.value.Numbers;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.Value;
import llm.core.template.value.Values;

/** What can stand behind {@code is}. */
final class Tests {
  private static final Set<String> NAMES =
      Set.of(
          "defined",
          "undefined",
          "none",
          "boolean",
          "true",
          "false",
          "string",
          "number",
          "integer",
          "float",
          "mapping",
          "iterable",
          "sequence",
          "callable",
          "even",
          "odd",
          "divisibleby",
          "eq",
          "equalto",
          "ne",
          "lt",
          "lessthan",
          "le",
          "gt",
          "greaterthan",
          "ge",
          "in",
          "sameas",
          "lower",
          "upper");

  private Tests() {}

  /** What is said of a test that there is not. */
  static Optional<TemplateException> unknown(String name, int line) {
    return NAMES.contains(name)
        ? Optional.empty()
        : Optional.of(TemplateException.at(line, "the test '" + name + "' is not known here"));
  }

  static boolean holds(String name, Value value, Arguments arguments) throws TemplateException {
    int line = arguments.line();
    Optional<TemplateException> unknown = unknown(name, line);
    if (unknown.isPresent()) {
      throw unknown.get();
    }
    return switch (name) {
      case "defined" -> !(value instanceof Value.Undefined);
      case "undefined" -> value instanceof Value.Undefined;
      case "none" -> value instanceof Value.None;
      case "boolean" -> value instanceof Value.Bool;
      case "true" -> value.equals(Value.TRUE);
      case "false" -> value.equals(Value.FALSE);
      case "string" -> value instanceof Value.Str;
      case "number" ->
          value instanceof Value.Int || value instanceof Value.Real || value instanceof Value.Bool;
      case "integer" -> value instanceof Value.Int;
      case "float" -> value instanceof Value.Real;
      case "mapping" -> value instanceof Value.Dict;
      case "iterable" -> isIterable(value);
      case "sequence" -> isIterable(value);
      case "callable" -> value instanceof Value.Function;
      case "even" -> rest(value, 2, arguments) == 0;
      case "odd" -> rest(value, 2, arguments) == 1;
      case "divisibleby" -> rest(value, arguments.integer(0, "num", 1), arguments) == 0;
      case "eq", "equalto" ->
          Values.equal(value, arguments.get(0, "other"), arguments.meter(), line);
      case "ne" -> !Values.equal(value, arguments.get(0, "other"), arguments.meter(), line);
      case "lt", "lessthan" -> Values.compare(value, arguments.get(0, "other"), line) < 0;
      case "le" -> Values.compare(value, arguments.get(0, "other"), line) <= 0;
      case "gt", "greaterthan" -> Values.compare(value, arguments.get(0, "other"), line) > 0;
      case "ge" -> Values.compare(value, arguments.get(0, "other"), line) >= 0;
      case "in" -> Values.contains(arguments.get(0, "seq"), value, arguments.meter(), line);
      case "sameas" -> same(value, arguments.get(0, "other"));
      case "lower" -> hasCase(value, arguments) && text(value).equals(text(value).toLowerCase());
      default -> hasCase(value, arguments) && text(value).equals(text(value).toUpperCase());
    };
  }

  /** As Jinja's own test: strings, mappings and what is not defined count. */
  private static boolean isIterable(Value value) {
    return value instanceof Value.Items
        || value instanceof Value.Str
        || value instanceof Value.Dict
        || value instanceof Value.Undefined;
  }

  private static int rest(Value value, int divisor, Arguments arguments) throws TemplateException {
    var number = Numbers.findWhole(value);
    if (number.isEmpty() || divisor <= 0) {
      throw arguments.error("it is for whole numbers above 0");
    }
    return number.get().mod(BigInteger.valueOf(divisor)).intValue();
  }

  private static boolean same(Value value, Value other) {
    boolean simple = value instanceof Value.Bool || value instanceof Value.None;
    return simple ? value.equals(other) : value == other;
  }

  private static boolean hasCase(Value value, Arguments arguments) throws TemplateException {
    if (value instanceof Value.Str(Text text)) {
      arguments.meter().characters(text.length(), arguments.line());
      return text.toString().chars().anyMatch(Character::isLetter);
    }
    return false;
  }

  private static String text(Value value) {
    return value instanceof Value.Str(Text text) ? text.toString() : "";
  }
}
