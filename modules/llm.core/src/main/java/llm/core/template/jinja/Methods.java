package llm.core.template.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import llm.core.template.value.Arguments;
import llm.core.template.value.Key;
import llm.core.template.value.TemplateException;
import llm.core.template.value.Text;
import llm.core.template.value.TextBuilder;
import llm.core.template.value.Value;
import llm.core.template.value.Values;

/** Methods of Python's strings and dictionaries; those that would change a value are not there. */
final class Methods {
  /** Those that make no text. */
  private static final Set<String> LOOKING =
      Set.of("startswith", "endswith", "find", "rfind", "count", "isdigit", "join");

  /** Those that compare all of the text with what they are given. */
  private static final Set<String> SEARCHING =
      Set.of("strip", "lstrip", "rstrip", "split", "rsplit", "replace", "find", "rfind", "count");

  private static final int STEPS_OF_A_PART = 8; // each becomes a value of its own

  private Methods() {}

  static Optional<Value> find(Value target, String name, int line) throws TemplateException {
    return switch (target) {
      case Value.Str(Text text) -> ofText(text, name);
      case Value.Dict(Map<Key, Value> entries) -> ofDict(entries, name);
      case Value.Items _ when name.equals("append") || name.equals("pop") ->
          throw TemplateException.at(line, "a list cannot be changed by '" + name + "'");
      default -> Optional.empty();
    };
  }

  private static Optional<Value> ofDict(Map<Key, Value> entries, String name) {
    Value.Function.Body body =
        switch (name) {
          case "items" -> _ -> items(entries);
          case "keys" -> _ -> Value.list(entries.keySet().stream().map(Key::value).toList());
          case "values" -> _ -> Value.list(List.copyOf(entries.values()));
          case "get" ->
              arguments -> {
                Value fallback = arguments.get(1, "default", Value.NONE);
                return Key.of(arguments.get(0, "key"))
                    .map(key -> entries.getOrDefault(key, fallback))
                    .orElse(fallback);
              };
          default -> null;
        };
    return Optional.ofNullable(body)
        .map(does ->
            new Value.Function(
                name,
                arguments -> {
                  int count = name.equals("get") ? 1 : entries.size();
                  arguments.meter().steps(count, arguments.line());
                  return does.call(arguments);
                }));
  }

  static Value items(Map<Key, Value> entries) {
    List<Value> items = new ArrayList<>();
    entries.forEach(
        (key, value) -> items.add(new Value.Items(List.of(key.value(), value), Value.Form.TUPLE)));
    return Value.list(items);
  }

  private static Optional<Value> ofText(Text text, String name) {
    String all = text.toString();
    Value.Function.Body body =
        switch (name) {
          case "strip" -> arguments -> Value.of(strip(text, signs(arguments), true, true));
          case "lstrip" -> arguments -> Value.of(strip(text, signs(arguments), true, false));
          case "rstrip" -> arguments -> Value.of(strip(text, signs(arguments), false, true));
          case "split" -> arguments -> split(text, arguments);
          case "rsplit" -> arguments -> splitFromEnd(text, arguments);
          case "splitlines" -> arguments -> lines(text, arguments);
          case "startswith" -> arguments -> Value.of(any(arguments, part -> all.startsWith(part)));
          case "endswith" -> arguments -> Value.of(any(arguments, part -> all.endsWith(part)));
          case "replace" ->
              arguments ->
                  replace(text, arguments.text(0, "old"), arguments.text(1, "new"), arguments, 2);
          case "removeprefix" -> arguments -> Value.of(withoutPrefix(text, arguments));
          case "removesuffix" -> arguments -> Value.of(withoutSuffix(text, arguments));
          case "find" -> arguments -> Value.of(all.indexOf(arguments.text(0, "sub").toString()));
          case "rfind" ->
              arguments -> Value.of(all.lastIndexOf(arguments.text(0, "sub").toString()));
          case "count" -> arguments -> Value.of(count(text, arguments.text(0, "sub").toString()));
          case "upper" -> _ -> Value.of(text.changed(String::toUpperCase));
          case "lower" -> _ -> Value.of(text.changed(String::toLowerCase));
          case "title" -> _ -> Value.of(text.changed(Methods::title));
          case "capitalize" -> _ -> Value.of(text.changed(Methods::capital));
          case "isdigit" ->
              _ -> Value.of(!all.isEmpty() && all.chars().allMatch(Character::isDigit));
          case "join" -> arguments -> join(text, arguments.get(0, "iterable"), arguments);
          case "format" -> arguments -> format(text, arguments);
          default -> null;
        };
    return Optional.ofNullable(body)
        .map(does -> new Value.Function(name, arguments -> counted(text, does, arguments)));
  }

  /** Most of these methods make a text as long as theirs. */
  private static Value counted(Text text, Value.Function.Body does, Arguments arguments)
      throws TemplateException {
    int line = arguments.line();
    if (SEARCHING.contains(arguments.what())) {
      arguments.meter().search(text.length(), longest(arguments), line);
    }
    if (!LOOKING.contains(arguments.what())) {
      arguments.meter().characters(text.length(), line);
    }
    return does.call(arguments);
  }

  private static int longest(Arguments arguments) {
    return arguments.values().stream()
        .mapToInt(value -> value instanceof Value.Str(Text text) ? text.length() : 0)
        .max()
        .orElse(0);
  }

  /** As {@code str} of Python. */
  static Text print(Value value, Arguments arguments) throws TemplateException {
    return Values.print(value, arguments.meter(), arguments.line());
  }

  /** The same, of which another text is going to be made. */
  static Text counted(Value value, Arguments arguments) throws TemplateException {
    Text text = print(value, arguments);
    arguments.meter().characters(text.length(), arguments.line());
    return text;
  }

  /** The one at the place {@code index}, from the end where that is negative. */
  static Value character(Text text, int index) {
    int count = text.codePointLength();
    int from = index < 0 ? count + index : index;
    return from >= 0 && from < count
        ? Value.of(text.cutCodePoints(from, from + 1))
        : new Value.Undefined("item");
  }

  private static int count(Text text, String part) {
    if (part.isEmpty()) {
      return text.codePointLength() + 1;
    }
    String all = text.toString();
    int count = 0;
    for (int at = all.indexOf(part); at >= 0; at = all.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static Optional<String> signs(Arguments arguments) throws TemplateException {
    Value signs = arguments.get(0, "chars", Value.NONE);
    return signs instanceof Value.None
        ? Optional.empty()
        : Optional.of(arguments.text(0, "chars").toString());
  }

  static Text strip(Text text, Optional<String> signs, boolean left, boolean right) {
    int from = 0;
    int to = text.length();
    while (left && from < to && isStripped(text.charAt(from), signs)) {
      from++;
    }
    while (right && to > from && isStripped(text.charAt(to - 1), signs)) {
      to--;
    }
    return text.cut(from, to);
  }

  private static boolean isStripped(char c, Optional<String> signs) {
    return signs.isPresent() ? signs.get().indexOf(c) >= 0 : isSpace(c);
  }

  /** As Python's {@code str.isspace}. */
  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\u0085';
  }

  private interface Matches {
    boolean test(String part);
  }

  private static boolean any(Arguments arguments, Matches matches) throws TemplateException {
    if (arguments.get(0, "prefix") instanceof Value.Items(List<Value> parts, Value.Form _)) {
      boolean found = false;
      for (int i = 0; !found && i < parts.size(); i++) {
        found = matches.test(print(parts.get(i), arguments).toString());
      }
      return found;
    }
    return matches.test(arguments.text(0, "prefix").toString());
  }

  private static Text withoutPrefix(Text text, Arguments arguments) throws TemplateException {
    String prefix = arguments.text(0, "prefix").toString();
    boolean there = text.toString().startsWith(prefix);
    return there ? text.cut(prefix.length(), text.length()) : text;
  }

  private static Text withoutSuffix(Text text, Arguments arguments) throws TemplateException {
    String suffix = arguments.text(0, "suffix").toString();
    boolean there = text.toString().endsWith(suffix);
    return there ? text.cut(0, text.length() - suffix.length()) : text;
  }

  private static Value split(Text text, Arguments arguments) throws TemplateException {
    int most = arguments.integer(1, "maxsplit", -1);
    List<Value> parts = new ArrayList<>();
    if (arguments.get(0, "sep", Value.NONE) instanceof Value.None) {
      return words(text, most, arguments);
    }
    String separator = separator(arguments);
    String all = text.toString();
    int from = 0;
    for (int at = all.indexOf(separator); at >= 0 && parts.size() != most; ) {
      arguments.meter().steps(STEPS_OF_A_PART, arguments.line());
      parts.add(Value.of(text.cut(from, at)));
      from = at + separator.length();
      at = all.indexOf(separator, from);
    }
    parts.add(Value.of(text.cut(from, all.length())));
    return Value.list(parts);
  }

  private static Value words(Text text, int most, Arguments arguments) throws TemplateException {
    List<Value> words = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < text.length() && isSpace(text.charAt(at))) {
        at++;
      }
      if (at == text.length()) {
        return Value.list(words);
      }
      int end = words.size() == most ? text.length() : at;
      while (end < text.length() && !isSpace(text.charAt(end))) {
        end++;
      }
      arguments.meter().steps(STEPS_OF_A_PART, arguments.line());
      words.add(Value.of(text.cut(at, end)));
      at = end;
    }
  }

  private static Value splitFromEnd(Text text, Arguments arguments) throws TemplateException {
    int most = arguments.integer(1, "maxsplit", -1);
    String separator = separator(arguments);
    List<Value> parts = new ArrayList<>();
    String all = text.toString();
    int to = all.length();
    for (int at = all.lastIndexOf(separator); at >= 0 && parts.size() != most; ) {
      arguments.meter().steps(STEPS_OF_A_PART, arguments.line());
      parts.add(Value.of(text.cut(at + separator.length(), to)));
      to = at;
      at = at == 0 ? -1 : all.lastIndexOf(separator, at - separator.length());
    }
    parts.add(Value.of(text.cut(0, to)));
    return Value.list(parts.reversed());
  }

  private static String separator(Arguments arguments) throws TemplateException {
    String separator = arguments.text(0, "sep").toString();
    if (separator.isEmpty()) {
      throw arguments.error("the separator must not be empty");
    }
    return separator;
  }

  private static Value lines(Text text, Arguments arguments) throws TemplateException {
    List<Value> lines = new ArrayList<>();
    String all = text.toString();
    int from = 0;
    while (from < all.length()) {
      int end = from;
      while (end < all.length() && "\n\r".indexOf(all.charAt(end)) < 0) {
        end++;
      }
      arguments.meter().steps(STEPS_OF_A_PART, arguments.line());
      lines.add(Value.of(text.cut(from, end)));
      from = all.startsWith("\r\n", end) ? end + 2 : end + 1;
    }
    return Value.list(lines);
  }

  /** With {@code count} at the place {@code countIndex}: that many at most. */
  static Value replace(Text text, Text old, Text other, Arguments arguments, int countIndex)
      throws TemplateException {
    int most = arguments.integer(countIndex, "count", -1);
    String all = text.toString();
    String part = old.toString();
    if (part.isEmpty()) {
      throw arguments.error("what is replaced must not be empty here");
    }
    var replaced = new TextBuilder();
    int from = 0;
    int count = 0;
    for (int at = all.indexOf(part); at >= 0 && count != most; at = all.indexOf(part, from)) {
      arguments.meter().characters(at - from + other.length(), arguments.line());
      replaced.append(text, from, at).append(other);
      from = at + part.length();
      count++;
    }
    replaced.append(text, from, all.length());
    return Value.of(replaced.toText());
  }

  static Value join(Text separator, Value items, Arguments arguments) throws TemplateException {
    var joined = new TextBuilder();
    List<Value> parts = Values.items(items, arguments.meter(), arguments.line());
    for (int i = 0; i < parts.size(); i++) {
      Text part = print(parts.get(i), arguments);
      arguments.meter().characters((long) part.length() + separator.length(), arguments.line());
      joined.append(i == 0 ? Text.EMPTY : separator).append(part);
    }
    return Value.of(joined.toText());
  }

  /** Only plain {@code {}}, by place. */
  private static Value format(Text text, Arguments arguments) throws TemplateException {
    var out = new TextBuilder();
    String all = text.toString();
    int next = 0;
    int from = 0;
    for (int at = firstBrace(all, 0); at >= 0; at = firstBrace(all, from)) {
      if (!all.startsWith("{}", at)) {
        throw arguments.error("only plain {} are known in a format here");
      }
      Text value = counted(arguments.get(next++, "value"), arguments);
      out.append(text, from, at).append(value);
      from = at + 2;
    }
    return Value.of(out.append(text, from, all.length()).toText());
  }

  private static int firstBrace(String all, int from) {
    for (int i = from; i < all.length(); i++) {
      if (all.charAt(i) == '{' || all.charAt(i) == '}') {
        return i;
      }
    }
    return -1;
  }

  static String title(String text) {
    var title = new StringBuilder(text.length());
    boolean inside = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      title.append(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetter(c);
    }
    return title.toString();
  }

  static String capital(String text) {
    return text.isEmpty()
        ? text
        : text.substring(0, 1).toUpperCase() + text.substring(1).toLowerCase();
  }
}
