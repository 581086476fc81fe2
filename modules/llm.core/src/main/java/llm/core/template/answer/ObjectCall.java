package llm.core.template.answer;

import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import llm.core.schema.JsonNode;
import llm.core.schema.PartialJson;
import llm.core.template.answer.ValueScan.Place;

/**
 * One object that has a tool's name and its arguments, from behind its opening brace. The call is
 * begun when both are known to be there; arguments are then passed on as they come. Arguments that
 * are a string hold JSON. Without a mark it is no call as soon as it has another field before the
 * name, or a name that no tool has.
 */
final class ObjectCall {
  private static final Set<String> NAMES = Set.of("name", "tool_name");
  private static final Set<String> ARGUMENTS = Set.of("arguments", "parameters");

  private static final Set<String> FIELDS =
      Set.of("name", "tool_name", "arguments", "parameters", "type", "function", "id");

  private static final int MAX_ESCAPED = 512; // characters of a key or a name

  private final boolean anyName;
  private final StringBuilder key = new StringBuilder();
  private final StringBuilder value = new StringBuilder();
  private Expected expected = Expected.KEY_OR_END;
  private ValueScan scan = new ValueScan();
  private Optional<String> name = Optional.empty();
  private Optional<String> arguments = Optional.empty(); // that came before the name
  private boolean valueBegun;
  private boolean streams;
  private boolean told;

  ObjectCall(boolean anyName) {
    this.anyName = anyName;
  }

  private enum Expected {
    KEY_OR_END,
    KEY,
    COLON,
    VALUE,
    COMMA_OR_END
  }

  /** What is known of the object. */
  enum State {
    OPEN,
    /** Its brace has come. */
    CLOSED,
    /** The character cannot be here. */
    WRONG
  }

  boolean isTold() {
    return told;
  }

  State next(char c, Calls calls) {
    return switch (expected) {
      case KEY_OR_END -> key(c, calls);
      case KEY -> inKey(c);
      case COLON -> {
        if (c == ':') {
          expected = Expected.VALUE;
          scan = new ValueScan();
          value.setLength(0);
          valueBegun = false;
        }
        yield c == ':' || Character.isWhitespace(c) ? State.OPEN : State.WRONG;
      }
      case VALUE -> value(c, calls);
      case COMMA_OR_END -> behindValue(c, calls);
    };
  }

  private State key(char c, Calls calls) {
    if (c == '"') {
      key.setLength(0);
      scan = new ValueScan();
      scan.next(c);
      key.append(c);
      expected = Expected.KEY;
      return State.OPEN;
    }
    return c == '}' ? closed(calls) : Character.isWhitespace(c) ? State.OPEN : State.WRONG;
  }

  private State inKey(char c) {
    key.append(c);
    boolean whole = scan.next(c) == Place.LAST;
    if (whole) {
      expected = Expected.COLON;
    }
    boolean open = isSettled() || mayBe(key, whole, FIELDS::contains, ObjectCall::beginsField);
    return open ? State.OPEN : State.WRONG;
  }

  /** Whether it is said already that this is a call. */
  private boolean isSettled() {
    return anyName || told || name.isPresent();
  }

  private static boolean beginsField(String beginning) {
    return FIELDS.stream().anyMatch(field -> field.startsWith(beginning));
  }

  /** Whether a string that has come so far is, or may become, one of those. */
  private static boolean mayBe(
      CharSequence json, boolean whole, Predicate<String> is, Predicate<String> begins) {
    if (json.charAt(0) != '"') {
      return false;
    }
    if (whole) {
      return is.test(plain(json));
    }
    String beginning = json.subSequence(1, json.length()).toString();
    return beginning.indexOf('\\') < 0 ? begins.test(beginning) : beginning.length() <= MAX_ESCAPED;
  }

  /** Whether the value that has come so far may be that of a call. */
  private boolean mayBeOfCall(boolean whole, Calls calls) {
    if (isSettled()) {
      return true;
    }
    String field = plain(key);
    if (NAMES.contains(field)) {
      return mayBe(value, whole, calls::isOffered, calls::mayBeOffered);
    }
    return !field.equals("type") || mayBe(value, whole, "function"::equals, "function"::startsWith);
  }

  private State value(char c, Calls calls) {
    if (!valueBegun && Character.isWhitespace(c)) {
      return State.OPEN;
    }
    if (!valueBegun) {
      valueBegun = true;
      streams = isArguments() && c != '"' && begin(calls);
    }
    switch (scan.next(c)) {
      case INSIDE -> {
        value.append(c);
        return streams || mayBeOfCall(false, calls) ? State.OPEN : State.WRONG;
      }
      case LAST -> {
        value.append(c);
        if (!mayBeOfCall(true, calls)) {
          return State.WRONG;
        }
        ended(calls);
      }
      case BEHIND -> {
        ended(calls);
        return behindValue(c, calls);
      }
      default -> {
        return State.WRONG;
      }
    }
    return State.OPEN;
  }

  private State behindValue(char c, Calls calls) {
    if (c == ',') {
      expected = Expected.KEY_OR_END;
      return State.OPEN;
    }
    return c == '}' ? closed(calls) : Character.isWhitespace(c) ? State.OPEN : State.WRONG;
  }

  /** A call is begun when its name is known and its arguments are there. */
  private boolean begin(Calls calls) {
    if (told || name.isEmpty() || !anyName && !calls.isOffered(name.get())) {
      return told;
    }
    calls.begin(name.get());
    told = true;
    return true;
  }

  private void ended(Calls calls) {
    expected = Expected.COMMA_OR_END;
    if (streams) {
      flush(calls);
      streams = false;
    } else if (isArguments() && arguments.isEmpty()) {
      arguments = Optional.of(value.toString());
      tell(calls);
    } else if (NAMES.contains(plain(key)) && name.isEmpty()) {
      name = Optional.of(plain(value)).filter(text -> !text.isBlank());
      if (arguments.isPresent()) {
        tell(calls);
      }
    }
    value.setLength(0);
  }

  private void tell(Calls calls) {
    if (!told && begin(calls)) {
      String json = arguments.orElse("{}");
      calls.arguments(json.startsWith("\"") ? plain(json) : json);
    }
  }

  private State closed(Calls calls) {
    if (anyName && arguments.isEmpty()) {
      tell(calls); // a tool without arguments
    }
    return State.CLOSED;
  }

  /** Passes on what there is of arguments that are just coming. */
  void flush(Calls calls) {
    if (streams) {
      calls.arguments(value);
      value.setLength(0);
    }
  }

  private boolean isArguments() {
    return ARGUMENTS.contains(plain(key)) && !told;
  }

  /** What a JSON string means; empty for anything else. */
  private static String plain(CharSequence json) {
    var reader = new PartialJson();
    reader.feed(json);
    reader.end();
    return reader.root().orElse(null) instanceof JsonNode.TextNode text ? text.text() : "";
  }
}
