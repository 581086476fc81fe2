package llm.core.template.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What Python does with values: truth, equality, order, printing. */
public final class Values {
  private Values() {}

  public static boolean isTrue(Value value) {
    return switch (value) {
      case Value.Undefined _, Value.None _ -> false;
      case Value.Bool(boolean truth) -> truth;
      case Value.Int(BigInteger number) -> number.signum() != 0;
      case Value.Real(double number) -> number != 0;
      case Value.Str(Text text) -> !text.isEmpty();
      case Value.Items items -> !items.items().isEmpty();
      case Value.Dict(Map<Key, Value> entries) -> !entries.isEmpty();
      case Value.Space _, Value.Function _ -> true;
    };
  }

  /** Whether they are equal; lists and mappings are gone through, which {@code meter} bounds. */
  public static boolean equal(Value left, Value right, Meter meter, int line)
      throws TemplateException {
    meter.step(line);
    Optional<BigDecimal> a = Numbers.find(left);
    Optional<BigDecimal> b = Numbers.find(right);
    if (a.isPresent() || b.isPresent()) {
      return a.isPresent() && b.isPresent() && a.get().compareTo(b.get()) == 0;
    }
    return switch (left) {
      case Value.Items(List<Value> items, Value.Form form) ->
          right instanceof Value.Items(List<Value> others, Value.Form other)
              && form == other
              && equalAll(items, others, meter, line);
      case Value.Dict(Map<Key, Value> entries) ->
          right instanceof Value.Dict(Map<Key, Value> others)
              && entries.keySet().equals(others.keySet())
              && equalAll(
                  List.copyOf(entries.values()),
                  entries.keySet().stream().map(others::get).toList(),
                  meter,
                  line);
      case Value.Undefined _ -> right instanceof Value.Undefined;
      case Value.Space _ -> left == right;
      default -> left.equals(right);
    };
  }

  private static boolean equalAll(List<Value> left, List<Value> right, Meter meter, int line)
      throws TemplateException {
    meter.enter(line);
    boolean equal = left.size() == right.size();
    for (int i = 0; equal && i < left.size(); i++) {
      equal = equal(left.get(i), right.get(i), meter, line);
    }
    meter.leave();
    return equal;
  }

  /** Less than, equal or greater, of two numbers or two strings. */
  public static int compare(Value left, Value right, int line) throws TemplateException {
    Optional<BigDecimal> a = Numbers.find(left);
    Optional<BigDecimal> b = Numbers.find(right);
    if (a.isPresent() && b.isPresent()) {
      return a.get().compareTo(b.get());
    }
    if (left instanceof Value.Str(Text one) && right instanceof Value.Str(Text other)) {
      return one.toString().compareTo(other.toString());
    }
    throw TemplateException.at(line, kind(left) + " and " + kind(right) + " have no order");
  }

  /** The keys in order; those of different kinds have none. */
  static List<Key> sorted(List<Key> keys, Arguments where) throws TemplateException {
    for (Key key : keys) {
      compare(key.value(), keys.getFirst().value(), where.line()); // all of one kind
    }
    List<Key> sorted = new ArrayList<>(keys);
    sorted.sort((a, b) -> {
      try {
        return compare(a.value(), b.value(), where.line());
      } catch (TemplateException impossible) {
        throw new IllegalStateException(impossible); // compared with the first one before
      }
    });
    return sorted;
  }

  /** Whether a text has that part, a list that item, a mapping that name. */
  public static boolean contains(Value container, Value item, Meter meter, int line)
      throws TemplateException {
    return switch (container) {
      case Value.Str(Text text) when item instanceof Value.Str(Text part) -> {
        meter.search(text.length(), part.length(), line);
        yield text.toString().contains(part.toString());
      }
      case Value.Items(List<Value> items, Value.Form _) -> {
        boolean found = false;
        for (int i = 0; !found && i < items.size(); i++) {
          found = equal(items.get(i), item, meter, line);
        }
        yield found;
      }
      case Value.Dict(Map<Key, Value> entries) ->
          Key.of(item).filter(entries::containsKey).isPresent();
      case Value.Undefined _ -> false;
      default -> throw TemplateException.at(line, kind(container) + " cannot hold " + kind(item));
    };
  }

  /** What a loop goes through; an undefined value has nothing. */
  public static List<Value> items(Value value, Meter meter, int line) throws TemplateException {
    meter.items(value, line);
    return switch (value) {
      case Value.Items(List<Value> items, Value.Form _) -> items;
      case Value.Dict(Map<Key, Value> entries) ->
          entries.keySet().stream().map(Key::value).toList();
      case Value.Str(Text text) -> characters(text);
      case Value.Undefined _ -> List.of();
      default -> throw TemplateException.at(line, kind(value) + " cannot be gone through");
    };
  }

  private static List<Value> characters(Text text) {
    List<Value> characters = new ArrayList<>(text.length());
    String all = text.toString();
    for (int i = 0; i < all.length(); ) {
      int next = all.offsetByCodePoints(i, 1);
      characters.add(Value.of(text.cut(i, next)));
      i = next;
    }
    return characters;
  }

  /** In words, for messages. */
  public static String kind(Value value) {
    return switch (value) {
      case Value.Undefined(String name) -> "'" + name + "', which is not defined,";
      case Value.None _ -> "none";
      case Value.Bool _ -> "a boolean";
      case Value.Int _, Value.Real _ -> "a number";
      case Value.Str _ -> "a string";
      case Value.Items _ -> "a list";
      case Value.Dict _ -> "a mapping";
      case Value.Space _ -> "a namespace";
      case Value.Function(String name, var _) -> "the function '" + name + "'";
    };
  }

  /** As {@code str} of Python; what is made of lists and mappings is counted as it is made. */
  public static Text print(Value value, Meter meter, int line) throws TemplateException {
    return switch (value) {
      case Value.Undefined _ -> Text.EMPTY;
      case Value.Str(Text text) -> text;
      default -> {
        var builder = new TextBuilder();
        represent(value, builder, meter, line);
        yield builder.toText();
      }
    };
  }

  /** As {@code repr} of Python. */
  private static void represent(Value value, TextBuilder out, Meter meter, int line)
      throws TemplateException {
    meter.step(line);
    switch (value) {
      case Value.Undefined _ -> out.append("Undefined");
      case Value.None _ -> out.append("None");
      case Value.Bool(boolean truth) -> out.append(truth ? "True" : "False");
      case Value.Int(BigInteger number) -> {
        meter.characters(number.bitLength() / 3, line);
        out.append(number.toString());
      }
      case Value.Real(double number) -> out.append(Numbers.print(number));
      case Value.Str(Text text) -> {
        meter.characters(text.length(), line);
        quote(text, out);
      }
      case Value.Items(List<Value> items, Value.Form form) ->
          representAll(items, form, out, meter, line);
      case Value.Dict(Map<Key, Value> entries) -> {
        meter.enter(line);
        String separator = "{";
        for (var entry : entries.entrySet()) {
          out.append(separator);
          represent(entry.getKey().value(), out, meter, line);
          represent(entry.getValue(), out.append(": "), meter, line);
          separator = ", ";
        }
        meter.leave();
        out.append(entries.isEmpty() ? "{}" : "}");
      }
      case Value.Space _ -> out.append("<namespace>");
      case Value.Function(String name, var _) -> out.append("<" + name + ">");
    }
  }

  private static void representAll(
      List<Value> items, Value.Form form, TextBuilder out, Meter meter, int line)
      throws TemplateException {
    meter.enter(line);
    out.append(form == Value.Form.LIST ? "[" : "(");
    for (int i = 0; i < items.size(); i++) {
      represent(items.get(i), i == 0 ? out : out.append(", "), meter, line);
    }
    meter.leave();
    boolean single = form == Value.Form.TUPLE && items.size() == 1;
    out.append(form == Value.Form.LIST ? "]" : single ? ",)" : ")");
  }

  private static void quote(Text text, TextBuilder out) {
    boolean plain = text.toString().indexOf('\'') < 0 || text.toString().indexOf('"') >= 0;
    char quote = plain ? '\'' : '"';
    out.append(String.valueOf(quote));
    for (Text.Run run : text.runs()) {
      out.append(escaped(run.text(), quote), run.label());
    }
    out.append(String.valueOf(quote));
  }

  private static String escaped(String text, char quote) {
    var escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        case '\r' -> escaped.append("\\r");
        case '\t' -> escaped.append("\\t");
        default -> {
          if (c == quote) {
            escaped.append('\\').append(c);
          } else if (c < 0x20 || c >= 0x7f && c < 0xa0) {
            escaped.append("\\x%02x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    return escaped.toString();
  }
}
