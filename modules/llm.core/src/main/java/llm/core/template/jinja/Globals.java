package llm.core.template.jinja;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import llm.core.template.value.Arguments;
import llm.core.template.value.Key;
import llm.core.template.value.Numbers;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Value;
import llm.core.template.value.Values;

/** Functions that every template can call. */
final class Globals {
  private static final int MOST_NUMBERS = 100_000; // of a range, as in Jinja's sandbox

  private Globals() {}

  /** By name; {@code now} is what {@code strftime_now} tells. */
  static Map<String, Value> at(ZonedDateTime now) {
    return Map.of(
        "raise_exception",
        function("raise_exception", Globals::raise),
        "strftime_now",
        function("strftime_now", arguments -> time(arguments, now)),
        "namespace",
        function("namespace", Globals::namespace),
        "range",
        function("range", Globals::range),
        "dict",
        function("dict", Globals::dict));
  }

  private static Value function(String name, Value.Function.Body body) {
    return new Value.Function(name, body);
  }

  private static Value raise(Arguments arguments) throws TemplateException {
    Value message = arguments.get(0, "message", Value.of("It refuses these messages."));
    throw TemplateException.raised(
        arguments.line(), Values.print(message, arguments.meter(), arguments.line()).toString());
  }

  private static Value namespace(Arguments arguments) throws TemplateException {
    Map<String, Value> fields = new LinkedHashMap<>();
    for (Value given : arguments.values()) {
      if (!(given instanceof Value.Dict(Map<Key, Value> entries))) {
        throw arguments.error("it takes a mapping or named arguments");
      }
      entries.forEach((key, value) -> fields.put(key.toString(), value));
    }
    fields.putAll(arguments.named());
    return new Value.Space(fields);
  }

  private static Value dict(Arguments arguments) throws TemplateException {
    Map<Key, Value> entries = new LinkedHashMap<>();
    for (Value given : arguments.values()) {
      if (!(given instanceof Value.Dict(Map<Key, Value> others))) {
        throw arguments.error("it takes a mapping or named arguments");
      }
      arguments.meter().steps(others.size(), arguments.line());
      entries.putAll(others);
    }
    arguments.named().forEach((name, value) -> entries.put(Key.of(name), value));
    return new Value.Dict(entries);
  }

  private static Value range(Arguments arguments) throws TemplateException {
    List<Value> values = arguments.only(3).values();
    int first = values.size() > 1 ? Numbers.index(values.get(0), arguments) : 0;
    int end = Numbers.index(arguments.get(values.size() > 1 ? 1 : 0, "stop"), arguments);
    int step = arguments.integer(2, "step", 1);
    if (step == 0) {
      throw arguments.error("the step must not be 0");
    }
    long count = Math.max(0, Math.ceilDiv((long) end - first, (long) step));
    if (count > MOST_NUMBERS) {
      throw arguments.error("it has at most " + MOST_NUMBERS + " numbers here");
    }
    arguments.meter().steps(count, arguments.line());
    List<Value> numbers = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      numbers.add(Value.of(first + i * step));
    }
    return Value.list(numbers);
  }

  /** By the signs of C's {@code strftime}, in English. */
  private static Value time(Arguments arguments, ZonedDateTime now) throws TemplateException {
    String format = arguments.only(1, "format").text(0, "format").toString();
    var text = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      if (format.charAt(i) != '%' || i + 1 == format.length()) {
        text.append(format.charAt(i));
      } else if (format.charAt(++i) == '-' && i + 1 < format.length()) {
        text.append(field(format.charAt(++i), now, arguments).replaceFirst("^0(?=.)", ""));
      } else {
        text.append(field(format.charAt(i), now, arguments));
      }
    }
    return Value.of(text.toString());
  }

  private static String field(char sign, ZonedDateTime now, Arguments arguments)
      throws TemplateException {
    return switch (sign) {
      case 'd' -> two(now.getDayOfMonth());
      case 'm' -> two(now.getMonthValue());
      case 'y' -> two(now.getYear() % 100);
      case 'Y' -> Integer.toString(now.getYear());
      case 'H' -> two(now.getHour());
      case 'I' -> two((now.getHour() + 11) % 12 + 1);
      case 'M' -> two(now.getMinute());
      case 'S' -> two(now.getSecond());
      case 'p' -> now.getHour() < 12 ? "AM" : "PM";
      case 'j' -> String.format(Locale.ROOT, "%03d", now.getDayOfYear());
      case 'b' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case '%' -> "%";
      default -> throw arguments.error("the sign '%" + sign + "' of a time is not known here");
    };
  }

  private static String two(int number) {
    return String.format(Locale.ROOT, "%02d", number);
  }
}
