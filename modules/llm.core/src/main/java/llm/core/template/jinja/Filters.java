package llm.core.template.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.template.value.Arguments;
import llm.core.template.value.Key;
import llm.core.template.value.Numbers;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.TextBuilder;
import llm.core.template.value.Value;
import llm.core.template.value.ValueJson;
import llm.core.template.value.Values;

/** What can stand behind a bar. Those over lists are in {@link ListFilters}. */
final class Filters {
  private static final Set<String> NAMES =
      Set.of(
          "tojson",
          "trim",
          "length",
          "count",
          "string",
          "int",
          "float",
          "upper",
          "lower",
          "title",
          "capitalize",
          "replace",
          "default",
          "d",
          "safe",
          "indent",
          "abs",
          "round",
          "items");

  private static final int MOST_DIGITS = 1_000; // reading takes the square of the time

  private Filters() {}

  /** What is said of a filter that there is not. */
  static Optional<TemplateException> unknown(String name, int line) {
    return NAMES.contains(name) || ListFilters.NAMES.contains(name)
        ? Optional.empty()
        : Optional.of(TemplateException.at(line, "the filter '" + name + "' is not known here"));
  }

  static Value apply(String name, Value value, Arguments arguments) throws TemplateException {
    Optional<TemplateException> unknown = unknown(name, arguments.line());
    if (unknown.isPresent()) {
      throw unknown.get();
    }
    return switch (name) {
      case "tojson" -> Value.of(json(arguments).write(value, arguments));
      case "trim" -> Value.of(trim(value, arguments));
      case "length", "count" -> Value.of(length(value, arguments));
      case "string" -> Value.of(Methods.counted(value, arguments));
      case "safe" -> value;
      case "int" -> integer(value, arguments);
      case "float" -> decimal(value, arguments);
      case "upper" -> Value.of(Methods.counted(value, arguments).changed(String::toUpperCase));
      case "lower" -> Value.of(Methods.counted(value, arguments).changed(String::toLowerCase));
      case "title" -> Value.of(Methods.counted(value, arguments).changed(Methods::title));
      case "capitalize" -> Value.of(Methods.counted(value, arguments).changed(Methods::capital));
      case "replace" ->
          Methods.replace(
              Methods.counted(value, arguments),
              arguments.text(0, "old"),
              arguments.text(1, "new"),
              arguments,
              2);
      case "default", "d" -> fallback(value, arguments);
      case "indent" -> Value.of(indented(Methods.counted(value, arguments), arguments));
      case "abs" -> absolute(value, arguments);
      case "round" -> rounded(value, arguments);
      case "items" -> items(value, arguments);
      default -> ListFilters.apply(name, value, arguments);
    };
  }

  private static ValueJson json(Arguments arguments) throws TemplateException {
    arguments.only(1, "indent", "ensure_ascii", "separators", "sort_keys");
    Value indent = arguments.get(0, "indent", Value.NONE);
    Optional<String> spaces =
        switch (indent) {
          case Value.None _ -> Optional.empty();
          case Value.Str(Text text) -> Optional.of(text.toString());
          default -> Optional.of(" ".repeat(Math.clamp(arguments.integer(0, "indent", 0), 0, 64)));
        };
    String item = ", ";
    String key = ": ";
    if (arguments.named().get("separators") instanceof Value.Items(var both, var _)
        && both.size() == 2) {
      item = Methods.print(both.get(0), arguments).toString();
      key = Methods.print(both.get(1), arguments).toString();
    }
    return new ValueJson(
        spaces,
        item,
        key,
        arguments.truth(9, "ensure_ascii", false),
        arguments.truth(9, "sort_keys", false));
  }

  private static Text trim(Value value, Arguments arguments) throws TemplateException {
    Value signs = arguments.get(0, "chars", Value.NONE);
    Optional<String> these =
        signs instanceof Value.None
            ? Optional.empty()
            : Optional.of(arguments.text(0, "chars").toString());
    return Methods.strip(Methods.counted(value, arguments), these, true, true);
  }

  private static long length(Value value, Arguments arguments) throws TemplateException {
    return switch (value) {
      case Value.Str(Text text) -> text.toString().codePointCount(0, text.length());
      case Value.Items items -> items.items().size();
      case Value.Dict(Map<Key, Value> entries) -> entries.size();
      case Value.Undefined _ -> 0;
      default -> throw arguments.error(Values.kind(value) + " has no length");
    };
  }

  private static Value integer(Value value, Arguments arguments) throws TemplateException {
    if (value instanceof Value.Str(Text text)) {
      requireNumber(text, arguments);
      try {
        return new Value.Int(new BigInteger(text.toString().strip()));
      } catch (NumberFormatException _) {
        return arguments.get(0, "default", Value.of(0));
      }
    }
    return Numbers.find(value)
        .<Value>map(number -> new Value.Int(number.toBigInteger()))
        .orElse(arguments.get(0, "default", Value.of(0)));
  }

  private static void requireNumber(Text text, Arguments arguments) throws TemplateException {
    if (text.length() > MOST_DIGITS) {
      throw arguments.error("a number has at most " + MOST_DIGITS + " characters here");
    }
  }

  private static Value decimal(Value value, Arguments arguments) throws TemplateException {
    Value fallback = arguments.get(0, "default", new Value.Real(0));
    if (value instanceof Value.Str(Text text)) {
      requireNumber(text, arguments);
      try {
        return new Value.Real(new BigDecimal(text.toString().strip()).doubleValue());
      } catch (NumberFormatException _) {
        return fallback;
      }
    }
    return Numbers.find(value).<Value>map(n -> new Value.Real(n.doubleValue())).orElse(fallback);
  }

  private static Value fallback(Value value, Arguments arguments) {
    boolean missing =
        value instanceof Value.Undefined
            || arguments.truth(1, "boolean", false) && !Values.isTrue(value);
    return missing ? arguments.get(0, "default_value", Value.of("")) : value;
  }

  private static Text indented(Text text, Arguments arguments) throws TemplateException {
    arguments.only(3, "width", "first", "blank");
    String spaces =
        arguments.get(0, "width", Value.of(4)) instanceof Value.Str(Text given)
            ? given.toString()
            : " ".repeat(Math.clamp(arguments.integer(0, "width", 4), 0, 1_000));
    boolean blank = arguments.truth(2, "blank", false);
    var out = new TextBuilder();
    String all = text.toString();
    int from = 0;
    while (from <= all.length()) {
      int end = all.indexOf('\n', from);
      end = end < 0 ? all.length() : end;
      boolean first = from == 0;
      if (first ? arguments.truth(1, "first", false) : blank || end > from) {
        arguments.meter().characters(spaces.length(), arguments.line());
        out.append(spaces);
      }
      out.append(text, from, Math.min(end + 1, all.length()));
      from = end + 1;
    }
    return out.toText();
  }

  private static Value absolute(Value value, Arguments arguments) throws TemplateException {
    return switch (value) {
      case Value.Int(BigInteger number) -> new Value.Int(number.abs());
      case Value.Real(double number) -> new Value.Real(Math.abs(number));
      default -> throw arguments.error(Values.kind(value) + " has no absolute value");
    };
  }

  private static Value rounded(Value value, Arguments arguments) throws TemplateException {
    arguments.only(2, "precision", "method");
    if (arguments.find(1, "method").isPresent()) {
      throw arguments.error("its argument 'method' is not known here");
    }
    BigDecimal number =
        Numbers.find(value)
            .orElseThrow(() -> arguments.error(Values.kind(value) + " is no number"));
    int digits = Math.clamp(arguments.integer(0, "precision", 0), -300, 300);
    return value instanceof Value.Int whole && digits >= 0
        ? whole
        : new Value.Real(number.setScale(digits, RoundingMode.HALF_EVEN).doubleValue());
  }

  private static Value items(Value value, Arguments arguments) throws TemplateException {
    return switch (value) {
      case Value.Dict(Map<Key, Value> entries) -> {
        arguments.meter().steps(entries.size(), arguments.line());
        yield Methods.items(entries);
      }
      case Value.Undefined _ -> Value.list(new ArrayList<>());
      default -> throw arguments.error(Values.kind(value) + " has no items");
    };
  }
}
